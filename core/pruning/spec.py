"""What a pruning is told, and what it leaves behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from core.errors import JobError, SettingsError
from core.evaluation.results import NetworkResult
from core.pruning.plan import PrunePlan
from core.records import Spec
from core.settings import setting


@dataclass(frozen=True, kw_only=True)
class PruneSpec(Spec):
    """One pruned network. dense: the run whose network is pruned.

    teachers: runs on the same data whose networks' mean answer stands in for the dense one's.
    Raises SettingsError for teachers whom the plan does not listen to.
    """

    kind: ClassVar[str] = "prune"
    resources: ClassVar[str] = "tensorflow"

    data: str = setting(help="Digest of the data set")
    dense: str = setting(help="Run whose network is pruned")
    plan: PrunePlan = field(default_factory=PrunePlan)
    teachers: tuple[str, ...] = setting(
        (), omitted=True, help="Networks it learns from instead of the dense one, by distillation"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.teachers and not (self.plan.distillation and self.plan.epochs):
            raise SettingsError(
                "Teachers are only listened to where distillation and epochs are above 0. Raise "
                "them, or leave the teachers out."
            )


def check_teacher(run: str, trained_on: object, data: str) -> None:
    """Raise JobError if a teacher was trained on another data set than the pruning's.

    run: id of the teacher's. trained_on, data: digests of the data sets.
    """
    if trained_on != data:
        raise JobError(
            f"The teacher {run} was trained on another data set, perhaps on images that are kept "
            "back here. Choose teachers that were trained on this one."
        )


@dataclass(frozen=True, kw_only=True)
class PruneResult(NetworkResult):
    """A pruned network. compact: the small network's files, sizes and latency, if there is one."""

    compact: Mapping[str, str | int | float] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the result for JSON; a network without a small one says nothing of it."""
        found = super().to_json()
        return found if self.compact else {k: v for k, v in found.items() if k != "compact"}
