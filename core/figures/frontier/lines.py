"""What a frontier draws of the points: dots, a line and a band for each method, the front."""

from collections.abc import Iterator, Mapping, Sequence

from core.evaluation.frontier import Summary, over_seeds
from core.evaluation.point import Point
from core.figures import colors
from core.figures.frontier.image_sets import STAR
from core.figures.frontier.view import View
from core.figures.theme import LineEnd, Trace
from core.pruning.controls import is_control
from core.settings import digest

FADED = 0.4

Series = list[Summary]


def shown_name(method: str, labels: Mapping[str, str]) -> str:
    """Return what a method is called in the picture; a control says that it is one."""
    label = labels.get(method, method)
    return f"{label} (control)" if is_control(method) else label


def method_color(method: str) -> str:
    """Return the colour of a method's dots and line: grey for a control."""
    return colors.MUTED if is_control(method) else colors.color(method)


def dots(points: Sequence[Point], label: str, view: View, best: set[str]) -> Trace:
    """Return the dots of one method, those beaten faded, each with its id for clicks."""
    method = points[0].method
    hollow = "-open" if is_control(method) else ""
    return {
        "type": "scatter",
        "meta": "dots",  # many of them the browser paints on a canvas
        "mode": "markers",
        "name": label,
        "legendgroup": label,
        "showlegend": False,
        "x": [view.x.value(point) for point in points],
        "y": [view.y.value(point) for point in points],
        "customdata": [[point.id] for point in points],
        "hoverinfo": "none",
        "marker": {
            "color": method_color(method),
            "symbol": colors.symbol(method) + hollow,
            "size": 16 if method == "dense" else 11,
            "opacity": [1.0 if p.id in best or method == "dense" else FADED for p in points],
            "line": {"color": method_color(method) if hollow else "$card", "width": 1},
        },
    }


def series_of(points: Sequence[Point], view: View) -> list[Series]:
    """Return the lines of one method: means over seeds that differ in nothing but the sparsity.

    Networks without a plan, other fine-tuning epochs or another parent are no part of a line.
    """
    known = {point.id: point for point in points}
    found: dict[tuple[str, float, str], Series] = {}
    for summary in over_seeds(points, view.x, view.y):
        if summary.plan:
            first = known[summary.ids[0]]
            rest = {name: value for name, value in summary.plan.items() if name != "sparsity"}
            key = (digest(rest), first.epochs, first.parent)
            found.setdefault(key, []).append(summary)
    return [sorted(each, key=lambda s: s.x) for each in found.values()]


def mean_line(series: Sequence[Series], method: str, label: str) -> list[Trace]:
    """Return a thin line through the means of each series of two or more sparsities."""
    x: list[float | None] = []
    y: list[float | None] = []
    for each in series:
        if len(each) > 1:
            x += [*(summary.x for summary in each), None]
            y += [*(summary.y for summary in each), None]
    if not x:
        return []
    line = {"color": method_color(method), "width": 1.3}
    return [_quiet(f"{label}, mean over seeds", x, y, label) | {"line": line, "opacity": 0.6}]


def band(series: Sequence[Series], method: str, label: str) -> list[Trace]:
    """Return the band of one standard deviation over seeds on either side of the mean."""
    x: list[float | None] = []
    y: list[float | None] = []
    for each in (run for line in series for run in _spread(line)):
        x += [*(s.x for s in each), *(s.x for s in reversed(each)), None]
        y += [*(s.y + s.y_spread for s in each), *(s.y - s.y_spread for s in reversed(each)), None]
    if not x:
        return []
    color = method_color(method)
    look = {"fill": "toself", "fillcolor": color, "line": {"color": color, "width": 1}}
    return [_quiet(f"{label}, one standard deviation", x, y, label) | look | {"opacity": 0.16}]


def _spread(line: Series) -> Iterator[Series]:
    """Yield the stretches of a line whose means are of several seeds each."""
    run: Series = []
    for summary in line:
        if summary.several:
            run.append(summary)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _quiet(
    name: str, x: Sequence[float | None], y: Sequence[float | None], group: str = ""
) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "legendgroup": group or name,
        "x": x,
        "y": y,
        "showlegend": False,
        "hoverinfo": "skip",
    }


def front_line(line: Sequence[Point], view: View) -> Trace:
    """Return the front as a bold step: between two points only the worse one is proven."""
    x: list[float | None] = []
    y: list[float | None] = []
    for point in line:
        across, up = view.x.value(point), view.y.value(point)
        if x:
            x.append(x[-1])
            y.append(up)
        x.append(across)
        y.append(up)
    look = {"line": {"color": "$text", "width": 2.6}, "opacity": 0.75, "showlegend": True}
    return _quiet("Front", x, y) | look


def end_of(
    points: Sequence[Point], series: Sequence[Series], method: str, label: str, view: View
) -> LineEnd:
    """Return where a method's name stands: at the sparsest end of its longest line."""
    longest = max(series, key=lambda s: (len(s), s[-1].y), default=None)
    if longest:
        sign = 1 if view.x.higher_is_better else -1
        last = max(longest, key=lambda s: sign * s.x)
        return LineEnd(label, method_color(method), last.x, last.y)
    last_point = max(points, key=view.x.goodness)
    return LineEnd(label, method_color(method), view.x.value(last_point), view.y.value(last_point))


def rings(points: Sequence[Point], view: View) -> list[Trace]:
    """Return a ring around each chosen point."""
    if not points:
        return []
    marker = {"symbol": "circle-open", "size": 22, "color": "$text", "line": {"width": 2}}
    ring = {"mode": "markers", "marker": marker, "customdata": [[p.id] for p in points]}
    x, y = [view.x.value(p) for p in points], [view.y.value(p) for p in points]
    return [_quiet("Chosen", x, y) | ring]


def star(learning: float | None, view: View) -> list[Trace]:
    """Return the dense network that is still being trained, as an open star."""
    if learning is None:
        return []
    marker = {
        "symbol": f"{colors.DENSE_SYMBOL}-open",
        "size": 16,
        "color": colors.color("dense"),
    }
    kept = 0.0 if view.x.key == "sparsity" else 1.0
    return [
        _quiet("Dense, still training (validation)", [kept], [learning])
        | {"mode": "markers", "marker": marker, "hoverinfo": "none", "meta": STAR}
    ]
