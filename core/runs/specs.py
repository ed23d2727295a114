"""What a stored run was told and what it left, as records: the one place that reads their JSON."""

from collections.abc import Mapping

from core.errors import LabError, RecordError, SettingsError
from core.evaluation.behaviour import BehaviourResult, BehaviourSpec
from core.evaluation.forgotten import ForgottenResult, ForgottenSpec
from core.evaluation.results import NetworkResult
from core.federated.demo.spec import FederatedGridResult, FederatedGridSpec
from core.federated.results import (
    FederatedComparisonResult,
    FederatedMlpResult,
    FederatedNetworkResult,
)
from core.federated.spec import FederatedComparisonSpec, FederatedSpec
from core.grading.spec import GradeResult, GradeSpec
from core.jobs.store.job import Job
from core.jobs.store.spec import StoredSpec
from core.pruning.preview.spec import (
    CurveResult,
    CurveSpec,
    ForgettingResult,
    ForgettingSpec,
    PreviewResult,
    PreviewSpec,
    SensitivityResult,
    SensitivitySpec,
)
from core.pruning.search.spec import (
    CompeteResult,
    CompeteSpec,
    SweepResult,
    SweepSpec,
    TimingResult,
    TimingSpec,
)
from core.pruning.spec import PruneResult, PruneSpec
from core.records import JsonObject, Record, Spec
from core.training.spec import ImportSpec, TrainResult, TrainSpec

FEDERATED, FEDERATED_NETWORK = FederatedSpec.kinds

# Kind of job -> what it is told and what it leaves.
RECORDS: Mapping[str, tuple[type[Spec], type[Record]]] = {
    TrainSpec.kind: (TrainSpec, TrainResult),
    ImportSpec.kind: (ImportSpec, NetworkResult),
    PruneSpec.kind: (PruneSpec, PruneResult),
    SweepSpec.kind: (SweepSpec, SweepResult),
    CompeteSpec.kind: (CompeteSpec, CompeteResult),
    TimingSpec.kind: (TimingSpec, TimingResult),
    PreviewSpec.kind: (PreviewSpec, PreviewResult),
    CurveSpec.kind: (CurveSpec, CurveResult),
    SensitivitySpec.kind: (SensitivitySpec, SensitivityResult),
    BehaviourSpec.kind: (BehaviourSpec, BehaviourResult),
    ForgettingSpec.kind: (ForgettingSpec, ForgettingResult),
    ForgottenSpec.kind: (ForgottenSpec, ForgottenResult),
    GradeSpec.kind: (GradeSpec, GradeResult),
    FEDERATED: (FederatedSpec, FederatedMlpResult),
    FEDERATED_NETWORK: (FederatedSpec, FederatedNetworkResult),
    FederatedComparisonSpec.kind: (FederatedComparisonSpec, FederatedComparisonResult),
    FederatedGridSpec.kind: (FederatedGridSpec, FederatedGridResult),
}


def spec_of(job: Job) -> Spec:
    """Return what a run was told.

    Raises RecordError for a run of another version of this program, or one that is damaged.
    """
    return _record(job, 0, job.settings, job.spec_format)  # type: ignore[return-value]


def result_of(job: Job) -> Record | None:
    """Return what a run left, None if it left nothing. Raises RecordError as `spec_of` does."""
    return None if job.result is None else _record(job, 1, job.result, job.result_format)


def _record(job: Job, which: int, values: JsonObject, form: int) -> Record:
    if job.kind not in RECORDS:
        raise RecordError(
            f"Run {job.id} is of a kind this program does not know ({job.kind[:40]!r}). "
            "Update Pareto Lab."
        )
    try:
        return RECORDS[job.kind][which].from_stored(values, form)
    except (RecordError, SettingsError) as error:
        raise RecordError(
            f"The {('settings', 'result')[which]} of run {job.id} cannot be read ({error}). It "
            "comes from another version of this program, or is damaged: update Pareto Lab, or run "
            "it again."
        ) from error


def resources_of(stored: StoredSpec) -> str:
    """Return what a run from elsewhere needs of a machine; one NumPy thread if it is unknown."""
    try:
        return RECORDS[stored.kind][0].from_stored(stored.settings, stored.format).resources
    except (KeyError, LabError):
        return stored.resources


def data_of(job: Job) -> str:
    """Return the digest or the name of a run's data, "" if it has none."""
    return str(job.settings.get("data") or "")


def source_of(job: Job) -> str:
    """Return the id of the run whose network this one starts from, "" if it starts from none."""
    return str(job.settings.get("dense") or job.settings.get("start") or "")


def teachers_of(job: Job) -> tuple[str, ...]:
    """Return the ids of the runs whose networks this one learns from, none for most runs."""
    found = job.settings.get("teachers")
    return tuple(map(str, found)) if isinstance(found, list) else ()
