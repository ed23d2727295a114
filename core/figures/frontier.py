"""The live frontier: accuracy against sparsity, one dot a network, while a sweep runs."""

import math
from collections.abc import Mapping, Sequence

from core.evaluation.frontier import Summary, best_by_validation, front, over_seeds, stepped
from core.evaluation.point import Point
from core.figures import colors
from core.figures.theme import (
    Annotation,
    Chart,
    Row,
    Trace,
    guide,
    layout,
    legend_entry,
    note,
    share_axis,
)
from core.text import exact_percent, percent, plural

ISO_SCORES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
NAMED_SCORES = (0.5, 0.6, 0.7, 0.8, 0.9)  # more names would overlap on a narrow page
FADED = 0.4


def live_frontier(
    points: Sequence[Point],
    labels: Mapping[str, str],
    picked: str | None = None,
    threshold: float = 0.6,
    learning: float | None = None,
) -> Chart:
    """Return all points with the stepped front, lines of equal score and the score's threshold.

    labels: method -> the name people read. picked: id of the point with a ring around it.
    learning: validation accuracy of a dense network that is still being trained.
    Dominated points are faded; the dense network is a star; several seeds get error bars.
    """
    best = {point.id for point in front(points)}
    low, high = _accuracies(points, threshold, learning)
    traces = [_iso_lines(low, high), _threshold(threshold), _front_line(points)]
    for method in dict.fromkeys(point.method for point in points):
        own = [point for point in points if point.method == method]
        dots = _dots(own, labels.get(method, method), best)
        traces += [dots, legend_entry(dots)]
        traces += _error_bars(over_seeds(own))
    traces += _ring([point for point in points if point.id == picked])
    traces += _star(learning)
    return Chart(
        name="frontier",
        traces=traces,
        layout=layout(
            share_axis("Sparsity (zeros / all parameters)", range=[-0.03, 1.02]),
            share_axis("Accuracy (holdout)", range=[low, high]),
            annotations=_annotations(high, threshold),
        ),
        alt=_sentence(points, labels, len(best), learning),
        rows=[_row(point, labels, point.id in best) for point in points],
    )


def _accuracies(
    points: Sequence[Point], threshold: float, learning: float | None
) -> tuple[float, float]:
    known = [point.accuracy for point in points] + ([] if learning is None else [learning])
    low = max(0.0, min([*known, threshold]) - 0.05)
    return math.floor(low * 20) / 20, min(1.0, max([*known, threshold + 0.2]) + 0.05)


def _iso_lines(low: float, high: float) -> Trace:
    """One trace for all lines score = (accuracy + sparsity) / 2."""
    x: list[float | None] = []
    y: list[float | None] = []
    for score in ISO_SCORES:
        left, right = max(0.0, 2 * score - high), min(1.0, 2 * score - low)
        if left < right:
            x += [left, right, None]
            y += [2 * score - left, 2 * score - right, None]
    return guide("Equal score", x, y, "dot")


def _annotations(high: float, threshold: float) -> list[Annotation]:
    """Name each line of equal score at its upper end, and the threshold at its left end."""
    starts = {score: 2 * score - high for score in NAMED_SCORES}
    return [
        *(
            note(f"score {score:g}", start, high, "left", -10)
            for score, start in starts.items()
            if 0 < start < 0.93
        ),
        note(f"score 0 up to {exact_percent(threshold)}", 0.0, threshold, "left", -10),
    ]


def _threshold(threshold: float) -> Trace:
    return guide("Threshold", [0.0, 1.0], [threshold, threshold], "dash") | {"opacity": 0.9}


def _front_line(points: Sequence[Point]) -> Trace:
    corners = stepped(points)
    line = guide("Front", [x for x, _ in corners], [y for _, y in corners], "solid")
    return line | {"line": {"color": "$text", "width": 1.6}, "opacity": 0.7, "showlegend": True}


def _dots(points: Sequence[Point], label: str, best: set[str]) -> Trace:
    method = points[0].method
    return {
        "type": "scatter",
        "mode": "markers",
        "name": label,
        "legendgroup": label,
        "showlegend": False,
        "x": [point.sparsity for point in points],
        "y": [point.accuracy for point in points],
        "customdata": [[point.id] for point in points],
        "text": [hover(point) for point in points],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "color": colors.color(method),
            "symbol": colors.symbol(method),
            "size": 16 if method == "dense" else 12,
            "opacity": [
                1.0 if point.id in best or method == "dense" else FADED for point in points
            ],
            "line": {"color": "$card", "width": 1},
        },
    }


def hover(point: Point) -> str:
    """Return the hover text of a point."""
    epochs = f"{plural(point.epochs, 'epoch')}, " if point.epochs else ""
    return (
        f"<b>{point.label or point.method}</b><br>accuracy {percent(point.accuracy)}, sparsity "
        f"{percent(point.sparsity, 2)}<br>score {point.score:.3f}<br>{epochs}seed {point.seed}"
    )


def _error_bars(summaries: Sequence[Summary]) -> list[Trace]:
    several = [summary for summary in summaries if len(summary.ids) > 1]
    if not several:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "Mean over seeds",
            "x": [summary.x for summary in several],
            "y": [summary.y for summary in several],
            "error_y": {
                "type": "data",
                "array": [summary.y_spread for summary in several],
                "color": colors.color(several[0].method),
                "thickness": 1.5,
                "width": 5,
            },
            "marker": {"symbol": "line-ew-open", "size": 12, "color": "$text"},
            "showlegend": False,
            "hovertemplate": "mean over seeds: %{y:.1%} ± %{error_y.array:.1%}<extra></extra>",
        }
    ]


def _ring(points: Sequence[Point]) -> list[Trace]:
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "Chosen",
            "x": [point.sparsity],
            "y": [point.accuracy],
            "customdata": [[point.id]],
            "marker": {
                "symbol": "circle-open",
                "size": 24,
                "color": "$text",
                "line": {"width": 2},
            },
            "showlegend": False,
            "hoverinfo": "skip",
        }
        for point in points[:1]
    ]


def _star(learning: float | None) -> list[Trace]:
    if learning is None:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "Dense, still training (validation)",
            "x": [0.0],
            "y": [learning],
            "marker": {
                "symbol": f"{colors.DENSE_SYMBOL}-open",
                "size": 16,
                "color": colors.color("dense"),
            },
            "hovertemplate": "still training: %{y:.1%} on validation<extra></extra>",
        }
    ]


def _sentence(
    points: Sequence[Point], labels: Mapping[str, str], best: int, learning: float | None
) -> str:
    if not points and learning is not None:
        return f"The dense network is still training: {percent(learning)} on validation so far."
    if not points:
        return "No networks yet."
    top = best_by_validation(points)
    assert top is not None
    return (
        f"{plural(len(points), 'network')} by sparsity and accuracy, {best} on the front. "
        f"Best by validation, score {top.score:.3f}: {labels.get(top.method, top.method)} with "
        f"{percent(top.sparsity)} zeros and {percent(top.accuracy)} accuracy."
    )


def _row(point: Point, labels: Mapping[str, str], on_front: bool) -> Row:
    return {
        "id": point.id,
        "label": point.label,
        "method": labels.get(point.method, point.method),
        "sparsity": point.sparsity,
        "accuracy": point.accuracy,
        "score": point.score,
        "zeros": point.zeros,
        "parameters": point.parameters,
        "size_bytes": point.size_bytes,
        "gzip_bytes": point.gzip_bytes,
        "epochs": point.epochs,
        "seed": point.seed,
        "seconds": point.seconds,
        "front": on_front,
    }
