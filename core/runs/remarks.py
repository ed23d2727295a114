"""One plain sentence about one network, for those who see such a chart for the first time."""

from core.evaluation.point import Point
from core.pruning.preview.first_cuts import FirstCut
from core.pruning.preview.spec import PreviewResult
from core.text import percent, score_text, some_of

NOISE = 0.005  # differences in accuracy below this are not worth a word


def remark(point: Point, dense: Point | None, label: str) -> str:
    """Return what happened to this network, compared with the dense one it came from."""
    if dense is None or point.id == dense.id:
        return (
            f"The dense network has {point.parameters:,} weights and classifies "
            f"{percent(point.accuracy)} of the holdout images correctly."
        )
    left = point.parameters - point.zeros
    start = f"{label} {percent(point.sparsity)} keeps {left:,} of {point.parameters:,} weights"
    change = _change(point.accuracy - dense.accuracy)
    return f"{start} and {change} on the holdout{_cost(point)}."


def cut_remark(
    cut: FirstCut | PreviewResult, label: str, before: float, images: int, total: int, alike: bool
) -> str:
    """Return what one cut left, of a network that was not retrained yet.

    before: accuracy of the network that was cut, on the same `images` of `total` validation
    images if `alike`, else on all of them.
    """
    images = min(images, total)
    of_all = "" if alike or images == total else f" of all {total:,}"
    return (
        f"Cut once, without retraining: {label} with {percent(cut.sparsity)} zeros classifies "
        f"{percent(cut.accuracy)} of {some_of(images, total, 'validation image')} correctly, the "
        f"network before the cut {percent(before)}{of_all}."
    )


def fine_tuned_remark(point: Point) -> str:
    """Return what a network reached, on both sets of images that it was measured on."""
    return (
        f"With {percent(point.sparsity)} zeros it classifies {percent(point.accuracy)} of the "
        f"holdout images correctly, {percent(point.validation_accuracy)} of all validation "
        f"images; score {score_text(point.score)}."
    )


def best_remark(best: Point, label: str, networks: int) -> str:
    """Return which of `networks` pruned networks is the best; `remark` says what it lost."""
    of = (
        "The pruned network"
        if networks == 1
        else f"The best of {networks:,} pruned networks by validation images"
    )
    score = score_text(best.score) if best.score else "0"
    return f"{of} is {label} {percent(best.sparsity)}, with a score of {score} on the holdout."


def _change(difference: float) -> str:
    points = f"{abs(difference) * 100:.1f} points"
    if difference > NOISE:
        return f"gains {points} of accuracy"
    if difference < -NOISE:
        return f"loses {points} of accuracy"
    return "loses no measurable accuracy"


def _cost(point: Point) -> str:
    if point.score == 0:
        why = "is below the threshold" if point.zeros else "has no zeros"
        return f"; it {why}, so its score is 0"
    return f"; score {score_text(point.score)}"
