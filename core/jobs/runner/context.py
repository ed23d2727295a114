"""What a task is given, and how it asks for other jobs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import NotFoundError
from core.jobs.runner.remote_files import Mirror
from core.jobs.store.job import Job
from core.jobs.store.store import Child, Store
from core.progress import Progress
from core.records import FORMAT, JsonObject
from core.workspace import Workspace


class ChildrenUnfinished(Exception):
    """The task cannot go on before its children have ended; the runner puts it aside."""


@dataclass(frozen=True)
class Context:
    """One job as its task sees it.

    settings: the submitted JSON, in the form `spec_format`; the table of tasks makes it a spec.
    seed: derive every stream from it by name.
    folder: the job's own artefact folder, which exists.
    """

    job_id: str
    kind: str
    settings: JsonObject
    seed: int
    progress: Progress
    workspace: Workspace
    folder: Path
    store: Store
    mirror: Mirror | None = None
    spec_format: int = FORMAT

    def children(self, wanted: Sequence[Child]) -> list[Job]:
        """Return the wanted jobs, in this order, once all have ended.

        Until then the task is put aside without holding a worker, and run again from its first
        line afterwards: what comes before this call must be cheap and always ask for the same.
        A child may have failed; look at its state.
        """
        jobs = self.store.submit_children(self.job_id, wanted)
        if not all(job.ended for job in jobs):
            raise ChildrenUnfinished
        return jobs

    def artifact(self, job_id: str, name: str) -> Path:
        """Return the file `name` that another job made. Raises NotFoundError."""
        path = self.workspace.artifacts(job_id) / name
        here = path.is_file() or (self.mirror and self.mirror.fetch(self.workspace, path))
        if not here or self.workspace.artifacts(job_id).resolve() not in path.resolve().parents:
            raise NotFoundError(
                f"Run {job_id} has no file {name}. Run it again, or choose another run."
            )
        return path


Task = Callable[[Context], JsonObject]
