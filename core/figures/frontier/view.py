"""The part of the plane that a frontier shows: which points, between which ends, on what scale."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.evaluation.axes import KEPT, Axis
from core.evaluation.point import Point
from core.figures.theme import Trace, axis, log_axis, share_axis
from core.text import exact_percent, percent, plural

LOG, LINEAR, FIT = SCALES = ("log", "linear", "fit")
SCALED = ("kept", "size_bytes", "gzip_bytes", "multiply_adds", "latency_seconds", "nonzero")
SMALLEST = 0.001  # less is kept only by networks that lost everything: they stand at the edge
UNPRUNED = 0.95  # the scale "fit" leaves out what keeps more
USUAL_END = 0.01  # where the axis of parameters kept ends, unless something is sparser
ROOM = 1.12  # factor between the outermost dots and the ends of a logarithmic axis
MARGIN = 0.06  # of the accuracies' span, above and below
NEAR = 0.25  # of the same span: a threshold that near is brought into sight
STEPS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)


@dataclass(frozen=True)
class View:
    """Two axes (x with clipped values) and their ends: across = (left, right), up = (low, high).

    across is None where Plotly may choose. scale: one of SCALES. edge: how many networks keep less
    than SMALLEST and stand at the edge. outside: how many points lie beyond the ends.
    """

    x: Axis
    y: Axis
    scale: str
    across: tuple[float, float] | None
    up: tuple[float, float] | None
    edge: int = 0
    outside: int = 0

    @property
    def log(self) -> bool:
        """Whether parameters kept are drawn on a logarithmic scale."""
        return self.x.key == KEPT.key and self.scale != LINEAR

    def ticked(self, points: Sequence[Point]) -> tuple[Trace, Trace]:
        """Return the two axes as Plotly takes them."""
        return _across(self, points), _up(self, points)

    def notes(self) -> list[str]:
        """Return a sentence for each kind of dot that is not where its number says, or not seen."""
        said = []
        if self.edge:
            verb = "keeps" if self.edge == 1 else "keep"
            stand = "is" if self.edge == 1 else "are"
            said.append(
                f"{plural(self.edge, 'network')} {verb} less than {exact_percent(SMALLEST)} of the "
                f"parameters and {stand} drawn at the right edge."
            )
        if self.outside:
            keep, lie = ("keeps", "lies") if self.outside == 1 else ("keep", "lie")
            said.append(
                f"{plural(self.outside, 'network')} that {keep} more than "
                f"{exact_percent(UNPRUNED)} of the parameters {lie} outside this view; the scale "
                "Log shows everything."
            )
        return said


def view_of(
    points: Sequence[Point],
    x: Axis,
    y: Axis,
    scale: str,
    threshold: float,
    others: Sequence[float] = (),
) -> View:
    """Return the part of the plane in which the points are seen, y fitted to them.

    threshold: the accuracy up to which the score is 0; brought into sight where it is near.
    others: values on y of what is drawn beside the points, such as a network still in training.
    """
    shown = _in_sight(points, x, scale)
    up = _heights(shown, y, threshold, others) if y.is_share else None
    view = View(x, y, scale, None, up, outside=len(points) - len(shown))
    if x.key != KEPT.key:
        return replace(view, across=_shares(points, x) if x.is_share else None)
    if scale == LINEAR:
        return replace(view, across=(1.03, -0.02))
    kept = [x.value(point) for point in shown]
    visible = [value for value in kept if value >= SMALLEST]
    edge = len(kept) - len(visible)
    left, right = _ends(visible, scale)
    if edge:
        right /= ROOM**2
    at_least = right * ROOM
    clipped = replace(x, value=lambda p: max(KEPT.value(p), at_least))
    return replace(view, x=clipped, across=(left, right), edge=edge)


def _in_sight(points: Sequence[Point], x: Axis, scale: str) -> Sequence[Point]:
    """Return the points that the scale shows: "fit" leaves out those hardly pruned."""
    if x.key != KEPT.key or scale != FIT:
        return points
    return [point for point in points if KEPT.value(point) <= UNPRUNED] or points


def _ends(kept: Sequence[float], scale: str) -> tuple[float, float]:
    if scale == FIT and kept:
        return max(kept) * ROOM, min(kept) / ROOM
    return ROOM, min([USUAL_END, *kept]) / ROOM


def _heights(
    points: Sequence[Point], y: Axis, threshold: float, others: Sequence[float]
) -> tuple[float, float]:
    values = [*(y.value(point) for point in points), *others]
    if len(set(values)) < 2:  # one network says nothing about where others will be
        return -0.03, 1.03
    low, high = min(values), max(values)
    span = high - low
    pad = max(MARGIN * span, 0.005)
    if y.key == "accuracy" and 0 < low - threshold <= NEAR * span:
        low = threshold
    if y.key == "accuracy" and 0 < threshold - high <= NEAR * span:
        high = threshold
    return max(low - pad, -0.03), min(high + pad, 1.03)


def _shares(points: Sequence[Point], x: Axis) -> tuple[float, float]:
    values = [x.value(point) for point in points]
    if len(set(values)) < 2:
        return -0.03, 1.03
    return max(min(values) - 0.06, -0.03), min(max(values) + 0.06, 1.03)


def _across(view: View, points: Sequence[Point]) -> Trace:
    of = view.x
    if of.key == KEPT.key and view.across is not None:
        return _kept_axis(view.across, view.log)
    if view.across is not None:
        return share_axis(of.title, range=list(view.across))
    values = [of.value(point) for point in points]
    if of.key in SCALED and view.scale == LOG:
        return log_axis(of.title, values, sizes=of.key != "latency_seconds")
    return axis(of.title, rangemode="tozero" if view.scale == LINEAR else "normal")


def _up(view: View, points: Sequence[Point]) -> Trace:
    of = view.y
    if view.up is not None:
        return share_axis(of.title, range=list(view.up))
    if of.key in ("size_bytes", "gzip_bytes", "multiply_adds", "nonzero"):
        return log_axis(of.title, [of.value(point) for point in points], sizes=True)
    return axis(of.title)


def _kept_axis(across: tuple[float, float], log: bool) -> Trace:
    """Return the reversed axis of parameters kept, with the sparsity in a second line of ticks."""
    at = kept_ticks(across)
    ends = [math.log10(end) if log else end for end in across]
    return axis(
        "Parameters kept, and below it the sparsity",
        type="log" if log else "linear",
        range=ends,
        tickmode="array",
        tickvals=at,
        ticktext=[f"{exact_percent(kept)}<br>{exact_percent(1 - kept)}" for kept in at],
    )


def kept_ticks(across: tuple[float, float]) -> list[float]:
    """Return where an axis of parameters kept has ticks: at 1, 2 and 5, or closer by equal steps.

    A linear axis has one every fifth of it.
    """
    left, right = across
    if right <= 0:
        return [1.0, 0.8, 0.6, 0.4, 0.2, 0.0]
    found = [step for step in STEPS if right <= step <= left]
    if len(found) > 2:
        return found
    size = 10 ** math.floor(math.log10(left - right))
    step = next(s * size for s in (0.1, 0.2, 0.5, 1.0, 2.0) if (left - right) / (s * size) <= 6)
    low, high = math.ceil(right / step), math.floor(left / step)
    return [round(n * step, 10) for n in range(high, low - 1, -1)]


def written(of: Axis, value: float) -> str:
    """Return a value of an axis as text."""
    return (
        percent(value, 2 if of.key in ("kept", "sparsity") else 1)
        if of.is_share
        else (f"{value:,.4g}")
    )
