"""What everybody outside the store sees of a job."""

import json
from dataclasses import dataclass, field
from typing import Any

from core.jobs.store.annotation import Annotation
from core.jobs.store.spec import StoredSpec
from core.records import JsonObject

QUEUED, DISPATCHED, RUNNING, WAITING = "queued", "dispatched", "running", "waiting"
DONE, FAILED, STOPPED, ABANDONED = "done", "failed", "stopped", "abandoned"
STOPPING = "stopping"  # shown only: an active job that was asked to stop

ACTIVE = (DISPATCHED, RUNNING)
UNFINISHED = (QUEUED, DISPATCHED, RUNNING, WAITING)
ENDED = (DONE, FAILED, STOPPED, ABANDONED)
RESUMABLE = (FAILED, STOPPED, ABANDONED)


@dataclass(frozen=True)
class Job:
    """One row of the store.

    settings, result: JSON in the forms `spec_format` and `result_format`;
    `core.runs.specs` reads them as records.
    done and total have the task's own unit; seconds_left is None until it means something;
    times are seconds since 1970; stop is 0, 1 (asked) or 2 (forced).
    A waiting job has handed its worker back until its children have ended.
    imported: it came in a zip from elsewhere; nothing of it was computed here.
    annotation: what a person wrote on it. started_by: an account of a machine, "" if nobody knows.
    """

    id: str
    sequence: int
    version: int
    kind: str
    settings: JsonObject
    resources: str
    spec_format: int
    result_format: int
    seed: int
    state: str
    attempt: int
    crashes: int
    worker_losses: int
    done: float
    total: float
    message: str
    error: str | None
    result: JsonObject | None
    parent: str | None
    priority: int
    created: float
    started: float | None
    finished: float | None
    stop: int
    seconds_left: float | None
    imported: bool = False
    annotation: Annotation = field(default_factory=Annotation)
    started_by: str = ""

    @property
    def spec(self) -> StoredSpec:
        """What the job was told, to be asked for again."""
        return StoredSpec(self.kind, self.settings, self.resources, self.spec_format)

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to this job by itself."""
        return self.state in ENDED

    @property
    def share_done(self) -> float:
        """How far the job is, from 0 to 1."""
        if self.state == DONE:
            return 1.0
        return min(1.0, max(0.0, self.done / self.total)) if self.total else 0.0

    @property
    def shown_state(self) -> str:
        """The state in the words of the pages: being started and waiting count as running."""
        return RUNNING if self.state in (DISPATCHED, WAITING) else self.state


def job_from_row(row: Any) -> Job:
    """Build a Job from a row of the job table."""
    state = STOPPING if row.state in ACTIVE and row.stop else row.state
    return Job(
        id=row.id,
        sequence=row.sequence,
        version=row.version,
        kind=row.kind,
        settings=json.loads(row.settings),
        resources=row.resources,
        spec_format=row.spec_format,
        result_format=row.result_format,
        seed=row.seed,
        state=state,
        attempt=row.attempt,
        crashes=row.crashes,
        worker_losses=row.worker_losses,
        done=row.done,
        total=row.total,
        message=row.message,
        error=row.error,
        result=None if row.result is None else json.loads(row.result),
        parent=row.parent,
        priority=row.priority,
        created=row.created,
        started=row.started,
        finished=row.finished,
        stop=row.stop,
        seconds_left=row.seconds_left if row.state == RUNNING else None,
        imported=bool(row.imported),
        annotation=Annotation(row.name, tuple(json.loads(row.tags)), row.note),
        started_by=row.started_by,
    )
