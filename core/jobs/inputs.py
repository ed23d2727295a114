"""What tasks read before they start: data sets as networks see them, and finished networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.data import store as dataset_store
from core.data.dataset import Dataset
from core.errors import JobError
from core.jobs.context import Context
from core.jobs.job import DONE, Job
from core.models import weights_file
from core.models.network import NetworkShape, Weights
from core.training.prepare import Prepared, prepare
from core.workspace import Workspace

DENSE_FILE = "dense.h5"
PRUNED_FILE = "my_model_weights.h5"


@dataclass(frozen=True)
class Network:
    """A finished job's network: its weights, their shape, and the point that was measured."""

    job: Job
    weights: Weights
    shape: NetworkShape

    @property
    def label(self) -> str:
        """What the pages call it."""
        return str(self.result["point"]["label"])

    @property
    def result(self) -> Mapping[str, Any]:
        """The job's result."""
        return self.job.result or {}


def dataset(context: Context) -> Dataset:
    """Return the stored data set that the settings name by digest."""
    return dataset_store.load(context.workspace, context.settings["data"])


def prepared(context: Context, shape: NetworkShape | None = None) -> Prepared:
    """Return the data set as a network of `shape` reads it; the last one is kept in memory."""
    return _prepared(context.workspace.root, context.settings["data"], shape)


# One runner works on many points of a sweep, and all of them read the same images.
@lru_cache(maxsize=1)
def _prepared(root: Path, digest: str, shape: NetworkShape | None) -> Prepared:
    return prepare(dataset_store.load(Workspace(root), digest), shape)


def network(context: Context, job_id: str) -> Network:
    """Return the network that a finished job made.

    Raises JobError if the job has not finished, NotFoundError if its file is gone.
    """
    job = context.store.get(job_id)
    if job.state != DONE or not job.result or "weights" not in job.result:
        raise JobError(f"Run {job_id} has no finished network. Wait for it, or run it again.")
    shape = NetworkShape.from_dict(job.result["shape"])
    path = context.artifact(job_id, job.result["weights"])
    return Network(job, weights_file.read(path, shape), shape)
