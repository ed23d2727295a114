"""What every chart shares: its parts, its margins, its axes. Plain data, no drawing library."""

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.figures import colors
from core.settings import digest

Trace = dict[str, Any]
Annotation = dict[str, Any]
Row = Mapping[str, Any]

LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"}
FONT = "Source Sans, Source Sans Pro, DejaVu Sans, sans-serif"


@dataclass(frozen=True)
class LineEnd:
    """A name that stands at the end (x, y) of its line, in the line's colour."""

    text: str
    color: str
    x: float
    y: float


@dataclass(frozen=True)
class Linked:
    """The networks of a chart's dots, column by column: what its list and its readout show.

    ids: the dots' customdata. texts: what the readout says after the name. x, y: where the dots
    are. hollow: drawn as an outline. ends: names of the lines, in place of a legend.
    """

    ids: Sequence[str]
    names: Sequence[str]
    texts: Sequence[str]
    colors: Sequence[str]
    hollow: Sequence[bool]
    x: Sequence[float]
    y: Sequence[float]
    sparsities: Sequence[float]
    accuracies: Sequence[float]
    scores: Sequence[float]
    ends: Sequence[LineEnd] = ()


@dataclass(frozen=True)
class Chart:
    """A Plotly figure as plain data, with the sentence and the table that say the same.

    name: file name of its downloads, without ending. alt: one sentence for those who cannot
    see it. rows: the numbers drawn, one dictionary a row; the CSV twin. linked: the networks that
    its dots stand for. notes: sentences on what the picture leaves out, for below it. chosen: ids
    of the networks that are marked in its list.
    Text, grid and background take the page's colours where it is shown.
    """

    name: str
    traces: Sequence[Trace]
    layout: Mapping[str, Any]
    alt: str
    rows: Sequence[Row] = field(default=())
    linked: Linked | None = None
    notes: Sequence[str] = ()
    chosen: Sequence[str] = ()

    @cached_property
    def parts(self) -> dict[str, Trace]:
        """Return digest -> layout or trace, the layout first; computed once a chart."""
        return {digest({"part": part}): part for part in (dict(self.layout), *self.traces)}

    @cached_property
    def linked_part(self) -> dict[str, Trace]:
        """Return digest -> the linked networks, by column; empty without any."""
        if self.linked is None:
            return {}
        columns = vars(self.linked) | {"ends": [vars(end) for end in self.linked.ends]}
        return {digest({"part": columns}): columns}

    def figure(self) -> dict[str, Any]:
        """Return {"data", "layout"} as Plotly takes it, in any language."""
        return {
            "data": copy.deepcopy(list(self.traces)),
            "layout": copy.deepcopy(dict(self.layout)),
        }


def axis(title: str, **more: Any) -> dict[str, Any]:
    """Return an axis with its title (state the unit in it)."""
    return {"title": {"text": title}, "zeroline": False, "automargin": True, **more}


def share_axis(title: str, **more: Any) -> dict[str, Any]:
    """Return an axis of values in [0, 1], shown in percent.

    Ticks closer than one percent get the decimals that tell them apart, also after zooming in.
    """
    steps = [(None, 0.00099, 2), (0.00099, 0.0099, 1), (0.0099, None, 0)]
    stops = [{"dtickrange": [low, high], "value": f".{digits}%"} for low, high, digits in steps]
    return axis(title, tickformat=".0%", tickformatstops=stops, **more)


def log_axis(title: str, values: Iterable[float], sizes: bool = False) -> dict[str, Any]:
    """Return a logarithmic axis with ticks at 1, 2 and 5, written out.

    It is linear for values that are not all positive, or lie within a factor of three: there a
    logarithmic axis would have one tick or none. sizes: with k, M and G.
    """
    known = [value for value in values if math.isfinite(value)]
    form = "~s" if sizes else "~g"
    if not known or min(known) <= 0 or max(known) < 3 * min(known):
        return axis(title, tickformat=form if sizes else "")
    decades = math.log10(max(known) / min(known))
    return axis(title, type="log", tickformat=form, dtick="D2" if decades < 4 else 1)


def count_axis(title: str, most: int, **more: Any) -> dict[str, Any]:
    """Return an axis of whole numbers from 1 to `most`: no tick at half an epoch."""
    steps = [size * 10**power for power in range(7) for size in (1, 2, 5)]
    step = next((s for s in steps if most / s <= 10), steps[-1])
    margin = max(0.5, 0.02 * most)
    own = {"range": [1 - margin, most + margin], "dtick": step, "tick0": 0, "tickformat": ",d"}
    return axis(title, **own | more)


def ellipsis(name: str, longest: int = 14) -> str:
    """Return a name short enough for a tick."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def layout(x: Mapping[str, Any], y: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return the common layout: calm margins, legend on top, zoom kept while data arrive."""
    return {
        "xaxis": dict(x),
        "yaxis": dict(y),
        "font": {"family": FONT, "size": 13},
        "margin": {"l": 56, "r": 16, "t": 28, "b": 48},
        "legend": LEGEND,
        "hovermode": "closest",
        "hoverlabel": {"align": "left"},
        "uirevision": "kept",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        **more,
    }


def guide(name: str, x: Sequence[float | None], y: Sequence[float | None], dash: str) -> Trace:
    """Return a thin grey line that helps to read a chart and is no data; None interrupts it."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(x),
        "y": list(y),
        "line": {"color": colors.MUTED, "width": 1, "dash": dash},
        "opacity": 0.6,
        "showlegend": False,
        "hoverinfo": "skip",
    }


def note(text: str, x: float, y: float, anchor: str, shift: int) -> Annotation:
    """Return small grey words beside a guide, on the page's colour: no line crosses them."""
    return {
        "text": text,
        "x": x,
        "y": y,
        "xanchor": anchor,
        "yshift": shift,
        "xshift": 6,
        "showarrow": False,
        "bgcolor": "$page",
        "borderpad": 1,
        "font": {"size": 11, "color": colors.MUTED},
    }


def legend_entry(dots: Trace) -> Trace:
    """Return a trace that stands for `dots` in the legend at full strength.

    Plotly gives a legend the mean opacity of its dots: a method off the front could not be read.
    Give `dots` the same legendgroup and showlegend False.
    """
    return {
        "type": "scatter",
        "mode": "markers",
        "name": dots["name"],
        "legendgroup": dots["legendgroup"],
        "showlegend": True,
        "x": [None],
        "y": [None],
        "marker": dots["marker"] | {"opacity": 1.0},
        "hoverinfo": "skip",
    }
