"""One colour and one marker per method and algorithm, the same on every page and in the report.

The ten colours of either list keep a distance of at least 22 in CIE Lab from each other, also as
people with red- or green-blindness see them (Machado et al. 2009), and a contrast of at least 3
against the page. Line `i` of one theme is line `i` of the other.
"""

import zlib

LIGHT = (
    "#1341de", "#c7830f", "#008a98", "#c0146f", "#5c5ece",
    "#815b00", "#4893d1", "#6e2111", "#392b33", "#787c4d",
)  # fmt: skip
DARK = (
    "#5bbeff", "#f57f24", "#5aedaa", "#d75cbd", "#8562fc",
    "#ffea23", "#adfaff", "#ce684b", "#a18486", "#98f27d",
)  # fmt: skip

SYMBOLS = (
    "circle", "square", "diamond", "triangle-up", "pentagon",
    "triangle-down", "hexagon", "cross", "x", "triangle-left",
)  # fmt: skip

# Neutral grey that reads on both backgrounds: guides, dominated points, thresholds.
MUTED = "#7b8a93"
DENSE_SYMBOL = "star"

_PLACES = {
    "magnitude": 0, "l1_filter": 1, "thinet": 2, "regression": 3, "slimming": 4,
    "structure_selection": 6, "taylor": 7, "snip": 5, "random": 9, "dense": 8,
    "fedavg": 0, "fedsgd": 1, "fedprox": 2, "scaffold": 3, "fednova": 4,
    "fedavgm": 5, "fedadam": 6, "fedyogi": 7, "fedadagrad": 9, "feddyn": 8,
    "sgd": 1, "minibatch_sgd": 1,
}  # fmt: skip


def _place(name: str) -> int:
    if name in _PLACES:
        return _PLACES[name]
    return zlib.crc32(name.encode()) % len(LIGHT)


def color(name: str) -> str:
    """Return the colour (light theme) of a method or an algorithm, known or new."""
    return LIGHT[_place(name)]


def symbol(name: str) -> str:
    """Return the marker of a method or an algorithm; the dense network is a star."""
    return DENSE_SYMBOL if name == "dense" else SYMBOLS[_place(name)]


def series(index: int) -> str:
    """Return the colour (light theme) of the series at `index`, for things without a name."""
    return LIGHT[index % len(LIGHT)]
