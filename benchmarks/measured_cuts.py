"""Which cuts of ResNet-20 and VGG-16 are measured, and for how long they train."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product

from core.pruning.method import AUTO
from core.pruning.plan import PrunePlan

TRAINED_ON, JUDGED_ON = 10_000, 5_000  # images
LEVELS, SPARSITIES = (0.5, 0.8, 0.65), (0.8, 0.9, 0.95)  # the bars' levels first
BARS = (0.5, 0.8)
OURS, PEER = "Pareto Lab", "Torch-Pruning"
UNIFORM, GLOBAL = "uniform", "global"  # the same share of every group, or one ranking of all units


@dataclass(frozen=True)
class Epochs:
    """How long a network is trained, and trained on after a cut."""

    dense: int
    pruned: int


NETWORKS = {"resnet-20": Epochs(24, 6), "vgg-16": Epochs(10, 3)}


@dataclass(frozen=True)
class Cut:
    """One row: who cuts, how, and how far. level: of multiply-adds, of zeros for magnitude."""

    who: str
    method: str
    level: float
    allocation: str = AUTO
    distillation: float = 0.0

    @property
    def key(self) -> str:
        """What the row is called in the file."""
        return "/".join(str(value) for value in asdict(self).values())

    def plan(self, epochs: int) -> PrunePlan:
        """Return what our method is told; the peer's network is trained by it, too."""
        return PrunePlan(
            method=self.method,
            sparsity=self.level,
            epochs=epochs,
            allocation=self.allocation,
            distillation=self.distillation,
        )


def alike(who: str, level: float, allocation: str) -> Cut:
    """Return a cut in which we and the peer differ in nothing but the cutting."""
    return Cut(who, "l1_filter", level, allocation)


def cuts() -> Iterator[Cut]:
    """Yield all rows of a network, those of the bars first."""
    for level, allocation in product(LEVELS, (UNIFORM, GLOBAL)):
        if allocation == UNIFORM or level in BARS:
            yield alike(OURS, level, allocation)
            yield alike(PEER, level, allocation)
    taught = PrunePlan().distillation
    for level, sparsity in zip(LEVELS, SPARSITIES, strict=True):
        yield Cut(OURS, "taylor", level, distillation=taught)
        yield Cut(OURS, "magnitude", sparsity, distillation=taught)
