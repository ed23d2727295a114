"""Controls prune blindly: they are drawn for others to beat, and never named as the best."""

from collections.abc import Sequence

from core.evaluation.point import Point
from core.pruning.methods import CONTROLS


def is_control(method: str) -> bool:
    """Tell whether a method is a control: others are compared with it."""
    return method in CONTROLS


def contenders(points: Sequence[Point]) -> Sequence[Point]:
    """Return the networks that may be called the best: those of no control, or all without any."""
    return [point for point in points if not is_control(point.method)] or points
