"""The frontier: networks on two axes, one dot each, while a sweep runs and after."""

import math
from collections.abc import Mapping, Sequence

from core.evaluation.axes import ACCURACY, KEPT, Axis
from core.evaluation.frontier import best_by_validation
from core.evaluation.point import Point
from core.figures import colors
from core.figures.frontier.first_cuts import with_cuts
from core.figures.frontier.guides import guide_names, guides, zero_region
from core.figures.frontier.image_sets import accuracy_title
from core.figures.frontier.lines import (
    band,
    dots,
    end_of,
    front_line,
    mean_line,
    method_color,
    rings,
    series_of,
    shown_name,
    star,
)
from core.figures.frontier.view import LOG, View, view_of, written
from core.figures.theme import LEGEND, Chart, LineEnd, Linked, Row, Trace, layout, legend_entry
from core.pruning.controls import contenders, drawn_front, is_control
from core.pruning.preview.first_cuts import FirstCut
from core.pruning.search.seeds import seed_name
from core.text import percent, plural, score_text

THRESHOLD = 0.6


def live_frontier(
    points: Sequence[Point],
    labels: Mapping[str, str],
    picked: str | None = None,
    threshold: float = THRESHOLD,
    learning: float | None = None,
    scale: str = LOG,
    cuts: Sequence[FirstCut] = (),
) -> Chart:
    """Return accuracy against parameters kept.

    labels: method -> the name people read. picked: id of the point with a ring around it.
    learning: validation accuracy of a dense network that is still being trained. cuts: hollow
    dots, of networks that nobody has fine-tuned yet.
    """
    chosen = [] if picked is None else [picked]
    chart = frontier_chart(
        points,
        KEPT,
        ACCURACY,
        labels,
        chosen,
        threshold=threshold,
        learning=learning,
        scale=scale,
        others=[cut.accuracy for cut in cuts],
    )
    return with_cuts(chart, cuts, labels)


def frontier_chart(
    points: Sequence[Point],
    x: Axis,
    y: Axis,
    labels: Mapping[str, str],
    chosen: Sequence[str] = (),
    budget: float | None = None,
    threshold: float = THRESHOLD,
    learning: float | None = None,
    scale: str = LOG,
    boxes: bool = False,
    others: Sequence[float] = (),
) -> Chart:
    """Return all points on two axes with their stepped front, and a line for each method.

    Points without a value on an axis are left out; those beaten are faded, controls hollow.
    labels: method -> the name people read. chosen: ids drawn with a ring. budget: a limit on x.
    scale: of parameters kept, bytes and the like (see `view.SCALES`). boxes: for where no
    readout is: tell of a dot in a box beside it. others: values on y that come into sight too.
    """
    points = [p for p in points if math.isfinite(x.value(p)) and math.isfinite(y.value(p))]
    line = drawn_front(points, x, y)
    best = {point.id for point in line}
    trained = [] if learning is None else [learning]
    view = view_of(points, x, y, scale, threshold, [*trained, *others])
    traces, ends = _methods(points, labels, view, best, boxes)
    name = f"frontier-{x.key}-{y.key}-{scale}".replace(":", "-")
    across, up = view.ticked(points)
    if y.key == ACCURACY.key:
        up = {**up, "title": {"text": accuracy_title(bool(points), learning is not None)}}
    chart = Chart(
        name=name,
        traces=[
            *guides(view, threshold),
            *traces,
            front_line(line, view),
            *rings([p for p in points if p.id in chosen], view),
            *star(learning, view),
        ],
        layout=layout(
            across,
            up,
            shapes=[*zero_region(view, threshold), *_budget_line(budget)],
            annotations=guide_names(view, threshold),
            legend={**LEGEND, "y": 1.07},  # above the names of the score lines
            uirevision=name,  # a zoom belongs to its axes
        ),
        alt=_sentence(points, x, y, labels, len(best), learning),
        rows=[_row(point, x, y, labels, point.id in best) for point in points],
        linked=None if boxes else _linked(points, view, labels, best, ends),
        notes=view.notes(),
        chosen=tuple(chosen),
    )
    return chart


def _methods(
    points: Sequence[Point],
    labels: Mapping[str, str],
    view: View,
    best: set[str],
    boxes: bool,
) -> tuple[list[Trace], list[LineEnd]]:
    """Return band, line and dots of each method, the bands lowest, and where the lines end."""
    bands, lines, marks = [], [], []
    ends = []
    for method in dict.fromkeys(point.method for point in points):
        own = [point for point in points if point.method == method]
        label, series = shown_name(method, labels), series_of(own, view)
        drawn = dots(own, label, view, best)
        if boxes:
            texts = [f"<b>{p.label or p.method}</b><br>{readout(p, view, best)}" for p in own]
            drawn |= {"text": texts, "hovertemplate": "%{text}<extra></extra>"}
        bands += band(series, method, label)
        lines += mean_line(series, method, label)
        marks += [drawn, legend_entry(drawn)]
        ends.append(end_of(own, series, method, label, view))
    return [*bands, *lines, *marks], ends


def readout(point: Point, view: View, best: set[str]) -> str:
    """Return what is said of a point beside its name."""
    said = [f"accuracy {percent(point.accuracy)}", f"sparsity {percent(point.sparsity, 2)}"]
    said += [f"score {score_text(point.score)}"]
    for of in (view.x, view.y):
        if of.key not in ("kept", "sparsity", "accuracy", "score"):
            said.append(f"{of.label.lower()} {written(of, of.value(point))}")
    if point.epochs:
        said.append(plural(point.epochs, "epoch"))
    said.append(seed_name(point.seed))
    said += ["on the front"] if point.id in best else []
    said += ["control"] if is_control(point.method) else []
    return ", ".join(said)


def _linked(
    points: Sequence[Point],
    view: View,
    labels: Mapping[str, str],
    best: set[str],
    ends: Sequence[LineEnd],
) -> Linked:
    return Linked(
        ids=[p.id for p in points],
        names=[p.label or labels.get(p.method, p.method) for p in points],
        texts=[readout(p, view, best) for p in points],
        colors=[method_color(p.method) for p in points],
        hollow=[is_control(p.method) for p in points],
        x=[view.x.value(p) for p in points],
        y=[view.y.value(p) for p in points],
        sparsities=[p.sparsity for p in points],
        accuracies=[p.accuracy for p in points],
        scores=[p.score for p in points],
        ends=list(ends),
    )


def _budget_line(budget: float | None) -> list[Trace]:
    if budget is None:
        return []
    line = {"color": colors.MUTED, "width": 1.5, "dash": "dashdot"}
    ends = {"x0": budget, "x1": budget, "y0": 0, "y1": 1, "xref": "x", "yref": "paper"}
    return [{"type": "line", "line": line, **ends}]


def _sentence(
    points: Sequence[Point],
    x: Axis,
    y: Axis,
    labels: Mapping[str, str],
    on_front: int,
    learning: float | None,
) -> str:
    if not points and learning is not None:
        return f"The dense network is still training: {percent(learning)} on validation so far."
    if not points:
        return "No networks yet."
    return (
        f"{y.label} against {x.label.lower()} of {plural(len(points), 'network')}, {on_front} of "
        f"them on the front. {_best(points, y, labels)}"
    )


def _best(points: Sequence[Point], y: Axis, labels: Mapping[str, str]) -> str:
    """Name the best network, which is never a control while there is another."""
    rivals = contenders(points)
    if y.key == ACCURACY.key:
        top = best_by_validation(rivals)
        assert top is not None
        return (
            f"Best by validation: {labels.get(top.method, top.method)} with "
            f"{percent(top.sparsity)} zeros, {percent(top.accuracy)} accuracy and score "
            f"{score_text(top.score)} on the holdout."
        )
    top = max(rivals, key=y.goodness)
    return (
        f"The {'highest' if y.higher_is_better else 'lowest'} {y.label.lower()} is "
        f"{written(y, y.value(top))}, by {labels.get(top.method, top.method)} at "
        f"{percent(top.sparsity)} sparsity."
    )


def _row(point: Point, x: Axis, y: Axis, labels: Mapping[str, str], on_front: bool) -> Row:
    return {
        "id": point.id,
        "label": point.label,
        "method": labels.get(point.method, point.method),
        "sparsity": point.sparsity,
        "accuracy": point.accuracy,
        "score": point.score,
        x.key: x.value(point),
        y.key: y.value(point),
        "zeros": point.zeros,
        "parameters": point.parameters,
        "size_bytes": point.size_bytes,
        "gzip_bytes": point.gzip_bytes,
        "epochs": point.epochs,
        "seed": point.seed,
        "seconds": point.seconds,
        "front": on_front,
    }
