"""What a pruning is told, and what it leaves behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from core.evaluation.results import NetworkResult
from core.pruning.plan import PrunePlan
from core.records import Spec
from core.settings import setting


@dataclass(frozen=True, kw_only=True)
class PruneSpec(Spec):
    """One pruned network. dense: the run whose network is pruned."""

    kind: ClassVar[str] = "prune"
    resources: ClassVar[str] = "tensorflow"

    data: str = setting(help="Digest of the data set")
    dense: str = setting(help="Run whose network is pruned")
    plan: PrunePlan = field(default_factory=PrunePlan)


@dataclass(frozen=True, kw_only=True)
class PruneResult(NetworkResult):
    """A pruned network. compact: the small network's files, sizes and latency, if there is one."""

    compact: Mapping[str, str | int | float] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the result for JSON; a network without a small one says nothing of it."""
        found = super().to_json()
        return found if self.compact else {k: v for k, v in found.items() if k != "compact"}
