"""One plain sentence about one network, for those who see such a chart for the first time."""

from core.evaluation.point import Point
from core.text import percent

NOISE = 0.005  # differences in accuracy below this are not worth a word


def remark(point: Point, dense: Point | None, label: str) -> str:
    """Return what happened to this network, compared with the dense one it came from."""
    if dense is None or point.id == dense.id:
        return (
            f"The dense network has {point.parameters:,} weights and classifies "
            f"{percent(point.accuracy)} of the holdout images correctly."
        )
    left = point.parameters - point.zeros
    start = f"{label} keeps {left:,} of {point.parameters:,} weights"
    return f"{start} and {_change(point.accuracy - dense.accuracy)}{_cost(point)}."


def _change(difference: float) -> str:
    points = f"{abs(difference) * 100:.1f} points"
    if difference > NOISE:
        return f"gains {points} of accuracy"
    if difference < -NOISE:
        return f"loses {points} of accuracy"
    return "loses no measurable accuracy"


def _cost(point: Point) -> str:
    if point.score == 0:
        return "; it is below the threshold, so its score is 0"
    return f"; score {point.score:.3f}"
