"""Controls prune blindly: they are drawn for others to beat, and never named as the best."""

from collections.abc import Sequence

from core.evaluation.axes import ACCURACY, KEPT, SPARSITY, Axis
from core.evaluation.frontier import front
from core.evaluation.point import Point
from core.pruning.methods import CONTROLS

HAIR = 0.001  # of sparsity: between two networks that differ by less the front's line only falls
HAIR_OF_KEPT = 0.1  # unless that is much of the few parameters left


def is_control(method: str) -> bool:
    """Tell whether a method is a control: others are compared with it."""
    return method in CONTROLS


def contenders(points: Sequence[Point]) -> Sequence[Point]:
    """Return the networks that may be called the best: those of no control, or all without any."""
    return [point for point in points if not is_control(point.method)] or points


def drawn_front(points: Sequence[Point], x: Axis = SPARSITY, y: Axis = ACCURACY) -> list[Point]:
    """Return the front as charts draw and count it: of no control, and with no fall for a hair.

    Areas, knees and reports are of the whole front (`core.evaluation.frontier.front`).
    """
    drawn: list[Point] = []
    for point in front(contenders(points), x, y):
        if not drawn or x.key not in (KEPT.key, SPARSITY.key) or _is_sparser(point, drawn[-1]):
            drawn.append(point)
    return drawn


def _is_sparser(point: Point, other: Point) -> bool:
    gained = point.sparsity - other.sparsity
    return gained >= HAIR or gained >= HAIR_OF_KEPT * (1.0 - other.sparsity)
