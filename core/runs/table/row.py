"""One run as a row of the table of runs: plain values, read once from its record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import RecordError
from core.evaluation.results import NetworkResult
from core.federated.results import FederatedResult
from core.federated.spec import CNN, FederatedComparisonSpec, FederatedSpec
from core.jobs.store.job import DONE, RUNNING, Job
from core.pruning.search.spec import CompeteResult, CompeteSpec, SweepSpec
from core.pruning.spec import PruneSpec
from core.records import Record, Spec
from core.runs.labels import algorithm_labels, method_labels
from core.runs.specs import data_of, result_of, source_of, spec_of
from core.runs.titles import kind_title, short_title_of
from core.text import plural
from core.training.spec import TrainSpec

REFERENCE = "reference CNN"
OVERLAID = ("train", "import", "prune", *FederatedSpec.kinds)  # kinds with curves of their own
SEVERAL = ("sweep", "compete", FederatedComparisonSpec.kind)  # kinds whose parts have curves


@dataclass(frozen=True, slots=True)
class RunRow:
    """What the table says of a run; progress is left out, so that a row changes seldom.

    name: given by somebody, else the short title. data: digest or name of its data. network:
    the architecture, "" while only the run it starts from (source) tells. accuracy, score,
    sparsity: of its network on the holdout; of a sweep or competition those of its best network;
    of a federated run the best accuracy on validation images. validation: what "best" goes by.
    seconds: from its start to its end. is_part: another run asked for it.
    """

    id: str
    sequence: int
    name: str
    kind: str
    title: str
    state: str
    data: str
    source: str
    network: str
    method: str
    sparsity: float | None
    accuracy: float | None
    validation: float | None
    score: float | None
    seconds: float | None
    started: float | None
    started_by: str
    tags: tuple[str, ...]
    note: str
    imported: bool
    is_part: bool
    has_point: bool

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state not in ("queued", RUNNING, "stopping")

    @property
    def has_curves(self) -> bool:
        """Whether it, or its parts, can be laid over others."""
        return self.kind in (*OVERLAID, *SEVERAL)


def row_of(job: Job) -> RunRow:
    """Return a run's row; one whose record cannot be read says so in its name."""
    spec = _spec(job)
    finished = job.finished if job.ended else None
    return RunRow(
        id=job.id,
        sequence=job.sequence,
        name=short_title_of(job, spec),
        kind=job.kind,
        title=kind_title(job),
        state=job.shown_state,
        source=source_of(job),
        seconds=finished - job.started if finished and job.started else None,
        started=job.started or job.created,
        started_by="imported" if job.imported else job.started_by,
        tags=job.annotation.tags,
        note=job.annotation.note,
        imported=job.imported,
        is_part=job.parent is not None,
        **({"data": data_of(job)} | _told(spec) | _measured(job)),
    )


def _spec(job: Job) -> Spec | None:
    try:
        return spec_of(job)
    except RecordError:  # of another version: it must not hide the others
        return None


def _told(spec: Spec | None) -> dict[str, Any]:
    """Return the network, method and sparsity that a run was told."""
    told = TOLD[type(spec)](spec) if spec is not None and type(spec) in TOLD else {}
    return {"network": "", "method": "", "sparsity": None} | told


TOLD: Mapping[type[Spec], Callable[[Any], dict[str, Any]]] = {
    TrainSpec: lambda spec: {"network": spec.name if spec.network else REFERENCE},
    PruneSpec: lambda spec: {"method": spec.plan.rule.label, "sparsity": spec.plan.sparsity},
    SweepSpec: lambda spec: {
        "method": ", ".join(method_labels().get(name, name) for name in spec.methods),
        "network": "" if spec.dense else REFERENCE,
    },
    CompeteSpec: lambda spec: {"network": "" if spec.dense else REFERENCE},
    FederatedSpec: lambda spec: {
        "data": spec.data,
        "method": algorithm_labels().get(spec.algorithm, spec.algorithm),
        "network": REFERENCE if spec.network == CNN else _mlp(spec.hidden),
    },
    FederatedComparisonSpec: lambda spec: {"method": plural(len(spec.runs), "run")},
}


def _mlp(hidden: tuple[int, ...]) -> str:
    return f"MLP {'-'.join(map(str, hidden))}" if hidden else "logistic regression"


def _measured(job: Job) -> dict[str, Any]:
    """Return what a finished run measured."""
    nothing = {"accuracy": None, "validation": None, "score": None, "has_point": False}
    if job.state != DONE:
        return nothing
    try:
        result = result_of(job)
    except RecordError:
        return nothing
    return nothing | _of_result(result)


def _of_result(result: Record | None) -> dict[str, Any]:
    if isinstance(result, NetworkResult):
        return _of_network(result)
    if isinstance(result, FederatedResult):
        reached = [row.get("validation_accuracy") for row in result.rows]
        best = max((each for each in reached if each is not None), default=None)
        return {"accuracy": best, "validation": best}
    if isinstance(result, CompeteResult):
        point = result.point_of_best
        return {"accuracy": point.accuracy, "sparsity": point.sparsity, "score": point.score}
    return {}


def _of_network(result: NetworkResult) -> dict[str, Any]:
    point = result.point
    measured = {
        "accuracy": point.accuracy,
        "validation": point.validation_accuracy,
        "sparsity": point.sparsity,
        "score": point.score,
        "has_point": True,
    }
    return measured | {"network": result.summary.name if result.summary else REFERENCE}
