"""Hollow dots on a frontier: cuts of a network that nobody has fine-tuned yet."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from core.figures import colors
from core.figures.frontier.image_sets import STAR, accuracy_title
from core.figures.theme import Chart, Row, Trace
from core.pruning.preview.first_cuts import FirstCut
from core.text import percent, plural


def with_cuts(
    chart: Chart,
    cuts: Sequence[FirstCut],
    labels: Mapping[str, str],
    x: Callable[[float], float] = float,
) -> Chart:
    """Return a frontier with a hollow dot for each cut; y reaches down to the lowest of them.

    labels: method -> the name people read. x: from a sparsity to a place on the chart's x axis.
    """
    if not cuts:
        return chart
    methods = dict.fromkeys(cut.method for cut in cuts)
    dots = [_dots([c for c in cuts if c.method == m], labels.get(m, m), x) for m in methods]
    return replace(
        chart,
        traces=[*dots, *chart.traces],  # below what was measured: a click is meant for that
        layout={**chart.layout, "yaxis": _axis(chart, cuts)},
        alt=f"{chart.alt} {_sentence(cuts)}",
        rows=[*chart.rows, *(_row(cut, labels.get(cut.method, cut.method)) for cut in cuts)],
    )


def _dots(cuts: Sequence[FirstCut], label: str, x: Callable[[float], float]) -> Trace:
    method = cuts[0].method
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{label}, cut once (validation)",
        "x": [x(cut.sparsity) for cut in cuts],
        "y": [cut.accuracy for cut in cuts],
        "text": [_hover(cut, label) for cut in cuts],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "color": colors.color(method),
            "symbol": f"{colors.symbol(method)}-open",
            "size": 12,
            "line": {"width": 2},
        },
    }


def _hover(cut: FirstCut, label: str) -> str:
    after = f" after {plural(cut.epoch, 'epoch')}" if cut.epoch else ""
    return (
        f"<b>{label} {percent(cut.sparsity)}</b><br>cut once{after}, not fine-tuned<br>"
        f"{percent(cut.accuracy)} on validation"
    )


def _axis(chart: Chart, cuts: Sequence[FirstCut]) -> dict[str, object]:
    """Return the y axis with what the cuts were measured on, reaching down to the lowest."""
    axis, lowest = dict(chart.layout["yaxis"]), min(cut.accuracy for cut in cuts)
    learning = any(trace.get("meta") == STAR for trace in chart.traces)
    axis["title"] = {"text": accuracy_title(bool(chart.rows), learning, cuts=True)}
    if axis.get("range"):
        low, high = axis["range"]
        axis["range"] = [min(low, max(0.0, math.floor((lowest - 0.02) * 20) / 20)), high]
    return axis


def _sentence(cuts: Sequence[FirstCut]) -> str:
    best = max(cuts, key=lambda cut: cut.accuracy)
    return (
        f"{plural(len(cuts), 'hollow dot')}: cut once, not fine-tuned, on validation images; "
        f"at best {percent(best.accuracy)} with {percent(best.sparsity)} zeros."
    )


def _row(cut: FirstCut, label: str) -> Row:
    return {
        "label": f"{label} {percent(cut.sparsity)}, cut once",
        "method": label,
        "sparsity": cut.sparsity,
        "validation_accuracy": cut.accuracy,
        "epochs": cut.epoch,
    }
