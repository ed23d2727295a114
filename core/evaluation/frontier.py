"""The Pareto frontier of points, and the few numbers that sum it up."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.axes import ACCURACY, SPARSITY, Axis
from core.evaluation.point import Point
from core.evaluation.score import score


def front(points: Sequence[Point], x: Axis = SPARSITY, y: Axis = ACCURACY) -> list[Point]:
    """Return the points that no other point beats on both axes, best y first.

    Of points equal on both axes the first given stays. Points without a value are left out, and
    imported ones beside any that were measured here.
    """
    counted = measured_here(points)
    known = [p for p in counted if math.isfinite(x.value(p)) and math.isfinite(y.value(p))]
    best_first = sorted(known, key=lambda p: (-y.goodness(p), -x.goodness(p)))
    chosen: list[Point] = []
    for point in best_first:
        if not chosen or x.goodness(point) > x.goodness(chosen[-1]):
            chosen.append(point)
    return chosen


def measured_here(points: Sequence[Point]) -> Sequence[Point]:
    """Return the points that compete: those measured here, or all where every one is imported."""
    return [point for point in points if not point.imported] or points


def stepped(
    points: Sequence[Point], x: Axis = SPARSITY, y: Axis = ACCURACY
) -> list[tuple[float, float]]:
    """Return the corners of the stepped line through the front: what is reachable for sure.

    Between two points of a front only the worse y is proven, hence steps and no diagonals.
    """
    corners: list[tuple[float, float]] = []
    for point in front(points, x, y):
        if corners:
            corners.append((corners[-1][0], y.value(point)))
        corners.append((x.value(point), y.value(point)))
    return corners


def hypervolume(
    points: Sequence[Point],
    x: Axis = SPARSITY,
    y: Axis = ACCURACY,
    reference: tuple[float, float] = (0.0, 0.0),
) -> float:
    """Return the area that the points dominate, down to `reference` = (worst x, worst y).

    With sparsity and accuracy the area lies in [0, 1]. Points worse than the reference add nothing.
    Source: Zitzler and Thiele 1998, "Multiobjective optimization using evolutionary algorithms".
    """
    floor_x, floor_y = (_signed(axis, value) for axis, value in zip((x, y), reference, strict=True))
    area, covered = 0.0, floor_x
    for point in front(points, x, y):
        reached, height = x.goodness(point), y.goodness(point) - floor_y
        if height > 0 and reached > covered:
            area += (reached - covered) * height
            covered = reached
    return area


def _signed(axis: Axis, value: float) -> float:
    return value if axis.higher_is_better else -value


def knee(points: Sequence[Point], x: Axis = SPARSITY, y: Axis = ACCURACY) -> Point | None:
    """Return the point of the front farthest above the straight line between its two ends.

    Both axes are scaled to the front's own range. None where the front has no inner bend:
    fewer than three points, or none above the line.
    Source: Das 1999, "On characterizing the knee of the Pareto curve".
    """
    line = front(points, x, y)
    if len(line) < 3:
        return None
    across = _unit(np.array([x.goodness(p) for p in line]))
    up = _unit(np.array([y.goodness(p) for p in line]))
    above = across + up - 1.0
    best = int(np.argmax(above))
    return line[best] if above[best] > 1e-9 else None


def _unit(values: np.ndarray) -> np.ndarray:
    return np.asarray((values - values.min()) / (values.max() - values.min()))


def iso_score(score: float, sparsity: np.ndarray) -> np.ndarray:
    """Return the accuracy that gives `score` = (accuracy + sparsity) / 2 at each sparsity."""
    return 2.0 * score - sparsity


def best_by_validation(points: Sequence[Point]) -> Point | None:
    """Return the point whose score on validation images is best, ties to the first.

    Chosen on other images, its holdout score is no luckier than any network's. Where no network is
    above the score's threshold the most accurate one is best.
    """

    def objective(point: Point) -> tuple[float, float]:
        reached = point.validation_accuracy
        return score(reached, point.sparsity), reached

    return max(measured_here(points), key=objective, default=None)


def best_under(
    points: Sequence[Point], cost: Axis, budget: float, goal: Axis = ACCURACY
) -> Point | None:
    """Return the point whose `cost` is no worse than `budget` and whose `goal` is best, or None.

    A goal measured on the holdout is chosen by its validation counterpart (see Axis.chosen_by), so
    that the number shown of the chosen point is no luckier than any other's.
    """
    limit = _signed(cost, budget)
    counted = measured_here(points)
    affordable = [p for p in counted if cost.goodness(p) >= limit and math.isfinite(goal.value(p))]
    return max(affordable, key=goal.choice, default=None)


@dataclass(frozen=True)
class Summary:
    """The same plan run with several seeds: means over the seeds and their spread.

    x_spread, y_spread: sample standard deviations, nan for a single seed.
    """

    method: str
    plan: Mapping[str, object]
    ids: tuple[str, ...]
    seeds: tuple[int, ...]
    x: float
    x_spread: float
    y: float
    y_spread: float

    @property
    def several(self) -> bool:
        """Whether there is a spread to show."""
        return len(self.ids) > 1


def over_seeds(points: Sequence[Point], x: Axis = SPARSITY, y: Axis = ACCURACY) -> list[Summary]:
    """Return one summary per method, plan and dense network, in order of first appearance.

    Networks without a plan (dense ones, uploads) are repetitions of nothing.
    """
    groups: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        own = (point.plan_digest, point.parent) if point.plan else ("", point.id)
        groups.setdefault(own, []).append(point)
    return [_summary(group, x, y) for group in groups.values()]


def _summary(group: Sequence[Point], x: Axis, y: Axis) -> Summary:
    across, up = (np.array([axis.value(p) for p in group]) for axis in (x, y))
    return Summary(
        method=group[0].method,
        plan=group[0].plan,
        ids=tuple(p.id for p in group),
        seeds=tuple(p.seed for p in group),
        x=float(across.mean()),
        x_spread=_spread(across),
        y=float(up.mean()),
        y_spread=_spread(up),
    )


def _spread(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else math.nan


def hypervolume_by_method(
    points: Sequence[Point],
    x: Axis = SPARSITY,
    y: Axis = ACCURACY,
    reference: tuple[float, float] = (0.0, 0.0),
) -> dict[str, float]:
    """Return each method's hypervolume, largest first."""
    methods = dict.fromkeys(p.method for p in points)
    areas = {
        method: hypervolume([p for p in points if p.method == method], x, y, reference)
        for method in methods
    }
    return dict(sorted(areas.items(), key=lambda item: -item[1]))
