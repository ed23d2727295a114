"""Finished federated runs: what each was told, and a row of numbers for every round."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import NotFoundError, RecordError
from core.federated.results import FederatedResult
from core.federated.spec import FederatedSpec
from core.jobs.store.job import Job
from core.names import unmarked
from core.runs.federated_labels import federated_name
from core.runs.specs import result_of, spec_of
from core.tables import from_csv
from core.workspace import Workspace


@dataclass(frozen=True)
class History:
    """One federated run: what it was told, and one row of numbers per round."""

    id: str
    label: str
    spec: FederatedSpec
    seed: int
    rows: tuple[dict[str, float], ...]

    @property
    def algorithm(self) -> str:
        """Name of the algorithm in the ALGORITHMS table."""
        return self.spec.algorithm

    @property
    def data(self) -> str:
        """Where the clients' data came from."""
        return self.spec.data

    @property
    def facts(self) -> dict[str, object]:
        """Every setting by name, whatever was left out included."""
        return self.spec.facts(self.seed)


def history_of(job: Job, workspace: Workspace) -> History | None:
    """Return a finished federated job's history, None when the job is of another kind.

    Raises RecordError when it cannot be read, NotFoundError when its file is gone.
    """
    result = result_of(job) if job.kind in FederatedSpec.kinds else None
    return None if not isinstance(result, FederatedResult) else _history(job, result, workspace)


def _history(job: Job, result: FederatedResult, workspace: Workspace) -> History:
    spec = federated_spec(job)
    rows = result.rows or _read_rows(job, result, workspace)
    known = tuple({k: v for k, v in row.items() if v is not None} for row in rows)
    return History(job.id, history_label(job, spec), spec, job.seed, known)


def history_label(job: Job, spec: FederatedSpec) -> str:
    """Return what a federated run is called: its given name, else its label, else what it is."""
    said = unmarked(job.annotation.name or spec.label or federated_name(spec))
    return said + (", imported" if job.imported else "")


def federated_spec(job: Job) -> FederatedSpec:
    """Return what a federated run was told. Raises RecordError for another run."""
    spec = spec_of(job)
    if not isinstance(spec, FederatedSpec):
        raise RecordError(f"Run {job.id} is not a federated run. Choose one on the Runs page.")
    return spec


def _read_rows(
    job: Job, result: FederatedResult, workspace: Workspace
) -> Sequence[Mapping[str, float | None]]:
    path = workspace.artifacts(job.id) / Path(result.history).name
    if not path.is_file():
        raise NotFoundError(f"The history of run {job.id} is no longer here. Run it again.")
    return read_history(path.read_text())


def read_history(text: str) -> list[dict[str, float]]:
    """Return the rows of a history.csv; cells that are empty or no numbers are left out.

    Raises RecordError for a table that is none.
    """
    try:
        rows = list(from_csv(text))
    except (ValueError, csv.Error) as error:
        raise RecordError(
            f"The history of this run is no table ({error}). Run it again."
        ) from error
    return [
        {key: value for key, cell in row.items() if (value := _number(cell)) is not None}
        for row in rows
    ]


def _number(cell: str | None) -> float | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        return None
