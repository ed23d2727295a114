"""What tasks read before they start: data sets as networks see them, and finished networks."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from core.data import store as dataset_store
from core.data.dataset import Dataset
from core.errors import JobError
from core.evaluation.point import Origin
from core.evaluation.results import NetworkResult
from core.jobs.runner.context import Context
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store
from core.networks.formats import keras_h5
from core.networks.network import NetworkShape, Weights
from core.networks.prepare import NetworkData, Prepared, prepare
from core.pruning.plan import PrunePlan
from core.workspace import Workspace

DENSE_FILE = "dense.h5"
PRUNED_FILE = "my_model_weights.h5"


@dataclass(frozen=True)
class Network:
    """A finished job's network: its weights, and what the job left of it."""

    job: Job
    weights: Weights
    result: NetworkResult

    @property
    def shape(self) -> NetworkShape:
        """The size of every layer."""
        return self.result.reference_shape

    @property
    def label(self) -> str:
        """What the pages call it."""
        return self.result.point.label


def dataset(context: Context, digest: str) -> Dataset:
    """Return a stored data set."""
    return dataset_store.load(context.workspace, digest)


def prepared(context: Context, digest: str, shape: NetworkShape | None = None) -> Prepared:
    """Return a stored data set as a network of `shape` reads it."""
    return open_prepared(context.workspace, digest, shape)


# One runner works on many points of a sweep, and all of them read the same images.
@lru_cache(maxsize=1)
def open_prepared(workspace: Workspace, digest: str, shape: NetworkShape | None) -> Prepared:
    """Return a stored data set as a network of `shape` reads it; the last one stays in memory."""
    return prepare(dataset_store.load(workspace, digest), shape)


def network(context: Context, job_id: str) -> Network:
    """Return the network that a finished job made, perhaps elsewhere; raises as `open_network`."""
    job, result = _finished(context.store, job_id)
    return _read(job, result, context.artifact(job_id, result.weights))


def fetch_network(context: Context, job_id: str) -> None:
    """See to it that the file of a finished network is on this host; raises as `open_network`."""
    context.artifact(job_id, _finished(context.store, job_id)[1].weights)


def open_network(store: Store, workspace: Workspace, job_id: str) -> Network:
    """Return the network that a finished job made.

    Raises JobError if the job has not finished, NotFoundError if it or its file is gone.
    """
    job, result = _finished(store, job_id)
    return _read(job, result, workspace.artifacts(job_id) / result.weights)


def _read(job: Job, result: NetworkResult, path: Path) -> Network:
    return Network(job, keras_h5.read(path, result.reference_shape), result)


def finished(context: Context, job_id: str) -> tuple[Job, NetworkResult]:
    """Return a job that has made a network, and its result. Raises JobError if it has not."""
    return _finished(context.store, job_id)


def _finished(store: Store, job_id: str) -> tuple[Job, NetworkResult]:
    job = store.get(job_id)
    if job.state != DONE or not job.result or "weights" not in job.result:
        raise JobError(f"Run {job_id} has no finished network. Wait for it, or run it again.")
    return job, network_result(job)


class Finished(Protocol):
    """What any pruning says of itself, of the reference network or of another."""

    @property
    def plan(self) -> PrunePlan:
        """What it was told."""
        ...

    @property
    def epochs(self) -> float:
        """Epochs spent in all."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what it did."""
        ...


def pruned_origin(
    context: Context,
    label: str,
    pruned: Finished,
    data: Prepared | NetworkData,
    seconds: float,
    parent: str,
) -> Origin:
    """Return what is known of a pruned network before it is measured."""
    return Origin(
        id=context.job_id,
        label=label,
        method=pruned.plan.method,
        plan=pruned.plan.to_dict(),
        seed=context.seed,
        epochs=pruned.epochs,
        seconds=seconds,
        notes=(*data.notes, *pruned.notes),
        parent=parent,
    )


def network_result(job: Job) -> NetworkResult:
    """Return what a finished job left of its network. Raises RecordError if that is damaged."""
    return NetworkResult.from_stored(job.result, job.result_format)
