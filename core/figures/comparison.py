"""Networks against each other: any two axes, the front, and the areas under it."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from core.evaluation.axes import Axis
from core.evaluation.comparable import at_shared_levels, equal_epochs
from core.evaluation.frontier import (
    Summary,
    front,
    hypervolume_by_method,
    iso_score,
    over_seeds,
    stepped,
)
from core.evaluation.point import Point
from core.figures import colors
from core.figures.theme import (
    Annotation,
    Chart,
    Row,
    Trace,
    axis,
    guide,
    layout,
    legend_entry,
    log_axis,
    note,
    share_axis,
)
from core.text import exact_percent, percent, plural

FADED = 0.35
MARGIN = 0.06  # of a share, around the outermost dots; the guides must not stretch the axes
ISO_SCORES = (0.7, 0.75, 0.8, 0.85, 0.9)
NAMED_SCORES = (0.7, 0.8, 0.9)  # more names would overlap on a narrow page
NAME_WIDTH = 0.08  # of the picture, that a name needs to its right
GUIDED = ("sparsity", "accuracy")  # the axes on which scores and the threshold mean something


def scatter(
    points: Sequence[Point],
    x: Axis,
    y: Axis,
    labels: Mapping[str, str],
    chosen: Sequence[str] = (),
    budget: float | None = None,
    threshold: float = 0.6,
) -> Chart:
    """Return all points on two axes with their stepped front; dominated points are faded.

    Points without a value on an axis are left out. labels: method -> the name people read.
    chosen: ids drawn with a ring. budget: a limit on x.
    """
    points = [p for p in points if math.isfinite(x.value(p)) and math.isfinite(y.value(p))]
    line = front(points, x, y)
    best = {point.id for point in line}
    methods = dict.fromkeys(point.method for point in points)
    name = f"frontier-{x.key}-{y.key}".replace(":", "-")
    traces = [_front_line(line, x, y)]
    traces += _guides(x, y, threshold)
    for method in methods:
        own = [p for p in points if p.method == method]
        dots = _dots(own, x, y, labels.get(method, method), best)
        traces += [dots, legend_entry(dots)]
    traces += [_error_bar(summary) for summary in over_seeds(points, x, y) if summary.several]
    traces += _rings([p for p in points if p.id in chosen], x, y)
    return Chart(
        name=name,
        traces=traces,
        layout=layout(
            _axis(x, points),
            _axis(y, points),
            shapes=_budget_line(budget),
            annotations=_guide_names(points, x, y, threshold),
            uirevision=name,  # a zoom belongs to its axes
        ),
        alt=_scatter_sentence(points, x, y, labels, len(best)),
        rows=[_row(point, x, y, point.id in best) for point in points],
    )


def is_share(of: Axis) -> bool:
    """Tell whether an axis runs from 0 to 1 and is read in percent."""
    keys = {"sparsity", "accuracy", "validation_accuracy", "agreement"}
    return of.key in keys or of.key.startswith("class:")


def _axis(of: Axis, points: Sequence[Point]) -> dict[str, object]:
    if is_share(of):
        return share_axis(of.title, range=list(_shares(of, points)))
    values = [of.value(point) for point in points]
    return log_axis(of.title, values, sizes=True) if _spans_decades(of) else axis(of.title)


def _shares(of: Axis, points: Sequence[Point]) -> tuple[float, float]:
    """Return the part of an axis of shares that is shown: all of it where values do not differ."""
    values = [of.value(point) for point in points]
    if len(set(values)) < 2:
        values = [0.0, 1.0]
    low, high = min(values) - MARGIN, max(values) + MARGIN
    return max(low, -MARGIN), min(high, 1 + MARGIN / 2)


def _spans_decades(of: Axis) -> bool:
    return of.key in {"size_bytes", "gzip_bytes", "multiply_adds", "nonzero"}


def _front_line(points: Sequence[Point], x: Axis, y: Axis) -> Trace:
    corners = stepped(points, x, y)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Front",
        "x": [corner[0] for corner in corners],
        "y": [corner[1] for corner in corners],
        "line": {"color": colors.MUTED, "width": 1.5},
        "hoverinfo": "skip",
    }


def _guides(x: Axis, y: Axis, threshold: float) -> list[Trace]:
    """Return the lines of equal score and the threshold, where the axes have a meaning for them."""
    if (x.key, y.key) != GUIDED:
        return []
    ends = [0.0, 1.0]
    lines = [
        guide(f"score {s:g}", ends, iso_score(s, np.array(ends)).tolist(), "dot")
        for s in ISO_SCORES
    ]
    lines.append(guide(f"threshold {threshold:g}", ends, [threshold] * 2, "dash"))
    return [line | {"hoverinfo": "name"} for line in lines]


def _guide_names(points: Sequence[Point], x: Axis, y: Axis, threshold: float) -> list[Annotation]:
    """Name the lines of equal score where they enter the picture, and the threshold at its left."""
    if (x.key, y.key) != GUIDED:
        return []
    (left, right), (low, high) = _shares(x, points), _shares(y, points)
    left, last = max(left, 0.0), right - NAME_WIDTH * (right - left)
    starts = {score: max(left, 2 * score - high) for score in NAMED_SCORES}
    names = [
        note(f"score {score:g}", start, 2 * score - start, "left", -10)
        for score, start in starts.items()
        if start < last and low < 2 * score - start
    ]
    if low < threshold < high:
        names.append(
            note(f"score 0 up to {exact_percent(threshold)}", left, threshold, "left", -10)
        )
    return names


def _dots(points: Sequence[Point], x: Axis, y: Axis, label: str, best: set[str]) -> Trace:
    method = points[0].method
    return {
        "type": "scatter",
        "mode": "markers",
        "name": label,
        "legendgroup": label,
        "showlegend": False,
        "x": [x.value(p) for p in points],
        "y": [y.value(p) for p in points],
        "customdata": [[p.id] for p in points],
        "text": [_hover(p) for p in points],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "color": colors.color(method),
            "symbol": colors.symbol(method),
            "size": 15 if method == "dense" else 11,
            "opacity": [1.0 if p.id in best or method == "dense" else FADED for p in points],
        },
    }


def _error_bar(summary: Summary) -> Trace:
    """Return the mean over the seeds of one plan with one standard deviation each way."""
    color = colors.color(summary.method)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [summary.x],
        "y": [summary.y],
        "error_x": {"type": "data", "array": [summary.x_spread], "color": color, "thickness": 1},
        "error_y": {"type": "data", "array": [summary.y_spread], "color": color, "thickness": 1},
        "marker": {"symbol": "line-ew-open", "size": 10, "color": color},
        "showlegend": False,
        "hovertemplate": f"mean of {len(summary.seeds)} seeds: %{{y:.4g}}<extra></extra>",
    }


def _rings(points: Sequence[Point], x: Axis, y: Axis) -> list[Trace]:
    if not points:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "Chosen",
            "x": [x.value(p) for p in points],
            "y": [y.value(p) for p in points],
            "customdata": [[p.id] for p in points],
            "hoverinfo": "skip",
            "marker": {"symbol": "circle-open", "size": 22, "color": "$text", "line": {"width": 2}},
        }
    ]


def _hover(point: Point) -> str:
    lines = (
        f"<b>{point.label or point.method}</b>",
        f"accuracy {percent(point.accuracy)}, sparsity {percent(point.sparsity, 2)}",
        f"score {point.score:.3f}, seed {point.seed}, {plural(point.epochs, 'epoch')}",
    )
    return "<br>".join(lines)


def _budget_line(budget: float | None) -> list[dict[str, object]]:
    if budget is None:
        return []
    line = {"color": colors.MUTED, "width": 1.5, "dash": "dashdot"}
    ends = {"x0": budget, "x1": budget, "y0": 0, "y1": 1, "xref": "x", "yref": "paper"}
    return [{"type": "line", "line": line, **ends}]


def _scatter_sentence(
    points: Sequence[Point], x: Axis, y: Axis, labels: Mapping[str, str], on_front: int
) -> str:
    if not points:
        return f"{y.label} against {x.label.lower()}: no points yet."
    top = max(points, key=y.goodness)
    return (
        f"{y.label} against {x.label.lower()} of {plural(len(points), 'network')}, {on_front} of "
        f"them on the front. The {'highest' if y.higher_is_better else 'lowest'} "
        f"{y.label.lower()} is {_written(y, top)}, by "
        f"{labels.get(top.method, top.method)} at {x.label.lower()} {_written(x, top)}."
    )


def _written(of: Axis, point: Point) -> str:
    value = of.value(point)
    return percent(value) if is_share(of) else f"{value:,.4g}"


def _row(point: Point, x: Axis, y: Axis, on_front: bool) -> Row:
    return {
        "id": point.id,
        "label": point.label,
        "method": point.method,
        "seed": point.seed,
        "epochs": point.epochs,
        x.key: x.value(point),
        y.key: y.value(point),
        "score": point.score,
        "on front": on_front,
    }


def area_bars(
    points: Sequence[Point],
    x: Axis,
    y: Axis,
    labels: Mapping[str, str],
    reference: tuple[float, float] = (0.0, 0.0),
) -> Chart:
    """Return each method's hypervolume, the area its front covers, largest first.

    Only what compares has a bar: methods with equal epochs, over the sparsities that they share.
    """
    groups, shared = at_shared_levels(equal_epochs([p for p in points if p.method != "dense"]))
    alike = [point for group in groups.values() for point in group]
    areas = hypervolume_by_method(alike, x, y, reference)
    return Chart(
        name="hypervolume",
        traces=[
            {
                "type": "bar",
                "orientation": "h",
                "x": list(areas.values()),
                "y": [labels.get(method, method) for method in areas],
                "marker": {"color": [colors.color(method) for method in areas]},
                "hovertemplate": "%{y}: %{x:.4f}<extra></extra>",
            }
        ],
        layout=layout(axis("Hypervolume"), axis("", autorange="reversed"), showlegend=False),
        alt=_areas_sentence(areas, shared, labels),
        rows=[{"method": method, "hypervolume": area} for method, area in areas.items()],
    )


def _areas_sentence(
    areas: Mapping[str, float], shared: Sequence[float], labels: Mapping[str, str]
) -> str:
    if not areas:
        return (
            "No two methods have two sparsities in common with equal epochs: no areas to compare."
        )
    largest = next(iter(areas))
    return (
        f"Hypervolume of {plural(len(areas), 'method')} over "
        f"{', '.join(exact_percent(level) for level in shared)} with equal epochs; the largest, "
        f"on the holdout, belongs to {labels.get(largest, largest)}."
    )
