"""Hollow dots on a frontier: cuts of a network that nobody has fine-tuned yet."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.figures import colors
from core.figures.frontier.image_sets import STAR, accuracy_title
from core.figures.theme import Chart, Row, Trace
from core.pruning.preview.first_cuts import FirstCut
from core.text import percent, plural


def with_cuts(chart: Chart, cuts: Sequence[FirstCut], labels: Mapping[str, str]) -> Chart:
    """Return a frontier of accuracy against parameters kept, with a hollow dot for each cut.

    chart: drawn with their accuracies in sight. labels: method -> the name people read.
    """
    if not cuts:
        return chart
    methods = dict.fromkeys(cut.method for cut in cuts)
    dots = [_dots([c for c in cuts if c.method == m], labels.get(m, m)) for m in methods]
    return replace(
        chart,
        traces=[*dots, *chart.traces],  # below what was measured: a click is meant for that
        layout={**chart.layout, "yaxis": _axis(chart)},
        alt=f"{chart.alt} {_sentence(cuts)}",
        rows=[*chart.rows, *(_row(cut, labels.get(cut.method, cut.method)) for cut in cuts)],
    )


def _dots(cuts: Sequence[FirstCut], label: str) -> Trace:
    method = cuts[0].method
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{label}, cut once (validation)",
        "x": [1.0 - cut.sparsity for cut in cuts],
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


def _axis(chart: Chart) -> dict[str, object]:
    """Return the y axis with what the cuts were measured on."""
    learning = any(trace.get("meta") == STAR for trace in chart.traces)
    title = {"text": accuracy_title(bool(chart.rows), learning, cuts=True)}
    return {**chart.layout["yaxis"], "title": title}


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
