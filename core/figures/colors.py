"""One colour and one marker per method and algorithm, the same on every page and in the report.

The ten colours of either list keep a distance of at least 22 in CIE Lab from each other, also as
people with red- or green-blindness see them (Machado et al. 2009), and a contrast of at least 3
against the page. Line `i` of one theme is line `i` of the other.
"""

import zlib

from core.federated.algorithm import Algorithm
from core.federated.algorithms import ALGORITHMS
from core.pruning.method import Method
from core.pruning.methods import METHODS

LIGHT = (
    "#1341de", "#c7830f", "#008a98", "#c0146f", "#5c5ece",
    "#815b00", "#4893d1", "#6e2111", "#392b33", "#787c4d",
)  # fmt: skip
DARK = (
    "#5bbeff", "#f57f24", "#5aedaa", "#d75cbd", "#8562fc",
    "#ffea23", "#adfaff", "#ce684b", "#a18486", "#98f27d",
)  # fmt: skip

DASHES = ("solid", "dash", "dot", "dashdot")  # ten colours, then the same ones dashed
SYMBOLS = (
    "circle", "square", "diamond", "triangle-up", "pentagon",
    "triangle-down", "hexagon", "cross", "x", "triangle-left",
)  # fmt: skip

# Neutral grey that reads on both backgrounds: guides, dominated points, thresholds.
MUTED = "#7b8a93"
DENSE_SYMBOL = "star"

DENSE = "dense"
_DENSE_PLACE = 8


def color(name: str) -> str:
    """Return the colour (light theme) of a method or an algorithm, as its row says."""
    if name == DENSE:
        return LIGHT[_DENSE_PLACE]
    return LIGHT[_place(name, getattr(_row(name), "palette", None))]


def symbol(name: str) -> str:
    """Return the marker of a method or an algorithm; the dense network is a star."""
    if name == DENSE:
        return DENSE_SYMBOL
    row = _row(name)
    own = getattr(row, "marker", None)
    return SYMBOLS[_place(name, getattr(row, "palette", None) if own is None else own)]


def _row(name: str) -> Method | type[Algorithm] | None:
    return METHODS.get(name) or ALGORITHMS.get(name)


def _place(name: str, own: int | None) -> int:
    """Return a row's place; a row without one, or an unknown name, always gets the same."""
    return zlib.crc32(name.encode()) % len(LIGHT) if own is None else own


def dash(index: int) -> str:
    """Return the dash of the series at `index`: solid for ten, then the same colours dashed."""
    return DASHES[index // len(LIGHT) % len(DASHES)]


def series(index: int) -> str:
    """Return the colour (light theme) of the series at `index`, for things without a name."""
    return LIGHT[index % len(LIGHT)]
