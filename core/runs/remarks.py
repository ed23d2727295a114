"""One plain sentence about one network, for those who see such a chart for the first time."""

from core.evaluation.point import Point

NOISE = 0.005  # differences in accuracy below this are not worth a word


def remark(point: Point, dense: Point | None, label: str) -> str:
    """Return what happened to this network, compared with the dense one it came from."""
    if dense is None or point.id == dense.id:
        return (
            f"The whole network: {point.parameters:,} weights, {point.accuracy:.1%} of unseen "
            "images right."
        )
    left = point.parameters - point.zeros
    start = f"{label} kept {left:,} of {point.parameters:,} weights"
    return f"{start} and {_change(point.accuracy - dense.accuracy)}{_cost(point)}."


def _change(difference: float) -> str:
    points = f"{abs(difference) * 100:.1f} points"
    if difference > NOISE:
        return f"got {points} better"
    if difference < -NOISE:
        return f"lost {points} of accuracy"
    return "lost nothing that can be measured"


def _cost(point: Point) -> str:
    if point.score == 0:
        return "; below the threshold, so it scores nothing"
    return f"; score {point.score:.3f}"
