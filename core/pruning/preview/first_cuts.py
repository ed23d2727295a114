"""One-shot cuts of a network that is still being trained: what a sweep's first minute shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.pruning.plan import PrunePlan

FOLDER, RESULT_FILE = "first-cut", "preview.json"  # in the artefacts of a sweep's training
IMAGES = 250  # validation images after each epoch: more would slow the training
KEPT_IMAGES = 500  # of the cut that is kept at its end
MOST = 3
# More cuts, or methods that read images, would slow the training by more than a tenth.
METHODS = ("magnitude",)
KEY = "cut"


@dataclass(frozen=True)
class FirstCut:
    """A cut without retraining; accuracy: on validation images.

    epoch: of the training after which the network was cut, 0 for one that is trained.
    """

    method: str
    sparsity: float
    accuracy: float
    epoch: int


def plans_of(methods: Sequence[str], sparsities: Sequence[float]) -> list[PrunePlan]:
    """Return the cuts that cost next to nothing, of those a sweep will fine-tune, MOST at most."""
    wanted = [
        PrunePlan(method=method, sparsity=sparsity, epochs=0)
        for sparsity in sparsities
        for method in methods
        if method in METHODS
    ]
    return wanted[:MOST]


def metric_of(plan: PrunePlan) -> str:
    """Return the key under which the accuracy of a plan's cut is recorded, epoch by epoch."""
    return f"{KEY}/{plan.method}/{plan.sparsity!r}"


def cuts_of(metrics: Mapping[str, Sequence[tuple[int, float]]]) -> tuple[FirstCut, ...]:
    """Return the newest cuts that a training has recorded."""
    found = []
    for key, seen in metrics.items():
        first, *rest = key.split("/")
        if first == KEY and len(rest) == 2 and seen:
            epoch, accuracy = seen[-1]
            found.append(FirstCut(rest[0], float(rest[1]), accuracy, epoch))
    return tuple(found)
