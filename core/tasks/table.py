"""Job kind -> function: the one table that joins jobs to science."""

from collections.abc import Callable
from typing import TypeVar

from core.evaluation.behaviour import BehaviourSpec
from core.evaluation.forgotten import ForgottenSpec
from core.federated.demo.spec import FederatedGridSpec
from core.federated.spec import FederatedComparisonSpec, FederatedSpec
from core.grading.spec import GradeSpec
from core.jobs.runner.context import Context, Task
from core.pruning.preview.spec import CurveSpec, ForgettingSpec, PreviewSpec, SensitivitySpec
from core.pruning.search.spec import CompeteSpec, SweepSpec, TimingSpec
from core.pruning.spec import PruneSpec
from core.records import JsonObject, Record, Spec
from core.tasks.comparing import compare_behaviour
from core.tasks.competition import competition, timing
from core.tasks.exploring import (
    curve,
    forgetting,
    forgotten_images,
    preview,
    sensitivity_table,
)
from core.tasks.federated import compare_federated, federate_mlp, federate_network
from core.tasks.federated_demo import federated_grid
from core.tasks.grading import grade_files
from core.tasks.networks import import_network, prune_network, train_network
from core.tasks.sweep import sweep
from core.training.spec import ImportSpec, TrainSpec

S = TypeVar("S", bound=Spec)
FEDERATED, FEDERATED_NETWORK = FederatedSpec.kinds


def _joined(spec: type[S], function: Callable[[Context, S], Record]) -> Task:
    """Return the function as a task: from the job's JSON to the JSON of its result."""

    def task(context: Context) -> JsonObject:
        told = spec.from_stored(context.settings, context.spec_format)
        return function(context, told).to_json()

    return task


TASKS: dict[str, Task] = {
    TrainSpec.kind: _joined(TrainSpec, train_network),
    ImportSpec.kind: _joined(ImportSpec, import_network),
    PruneSpec.kind: _joined(PruneSpec, prune_network),
    SweepSpec.kind: _joined(SweepSpec, sweep),
    CompeteSpec.kind: _joined(CompeteSpec, competition),
    TimingSpec.kind: _joined(TimingSpec, timing),
    PreviewSpec.kind: _joined(PreviewSpec, preview),
    CurveSpec.kind: _joined(CurveSpec, curve),
    SensitivitySpec.kind: _joined(SensitivitySpec, sensitivity_table),
    BehaviourSpec.kind: _joined(BehaviourSpec, compare_behaviour),
    ForgettingSpec.kind: _joined(ForgettingSpec, forgetting),
    ForgottenSpec.kind: _joined(ForgottenSpec, forgotten_images),
    GradeSpec.kind: _joined(GradeSpec, grade_files),
    FEDERATED: _joined(FederatedSpec, federate_mlp),
    FEDERATED_NETWORK: _joined(FederatedSpec, federate_network),
    FederatedComparisonSpec.kind: _joined(FederatedComparisonSpec, compare_federated),
    FederatedGridSpec.kind: _joined(FederatedGridSpec, federated_grid),
}
