"""The store of jobs as its users see it: submit, stop, resume, delete; and all of Reading."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from core.errors import JobError, SettingsError
from core.jobs.store import families
from core.jobs.store.annotation import Annotation, with_tags
from core.jobs.store.database import Database
from core.jobs.store.families import Child as Child
from core.jobs.store.job import ENDED, RESUMABLE, UNFINISHED, Job
from core.jobs.store.queries import Reading
from core.jobs.store.records import change, note_event
from core.jobs.store.schema import EVENT, FAMILY, JOB, METRIC
from core.jobs.store.spec import JobSpec, StoredSpec
from core.progress import Stopped
from core.records import FIRST_FORMAT, JsonObject
from core.settings import digest


@dataclass(frozen=True)
class SavedRun:
    """An ended job with its history, as a bundle carries it."""

    id: str
    kind: str
    settings: JsonObject
    seed: int
    state: str
    parent: str | None
    done: float
    total: float
    created: float
    started: float | None
    finished: float | None
    error: str | None
    result: JsonObject | None
    metrics: Mapping[str, Sequence[tuple[int, float]]]
    spec_format: int = FIRST_FORMAT
    result_format: int = FIRST_FORMAT
    resources: str = "numpy"
    annotation: Annotation = field(default_factory=Annotation)

    @property
    def spec(self) -> StoredSpec:
        """What the job was told."""
        return StoredSpec(self.kind, self.settings, self.resources, self.spec_format)


_RESTORED = (
    *("state", "done", "total", "created", "started", "finished", "error", "result_format"),
)


LARGEST_SEED = 2**63 - 1  # what an SQL database stores


def identity(spec: JobSpec, seed: int) -> str:
    """Return the id of the job with these inputs: the same inputs are the same job.

    Raises SettingsError when the settings are not plain JSON or the seed is out of range.
    """
    if not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
        raise SettingsError(f"The seed is {seed!r}. Choose a whole number from 0 to 2^63 - 1.")
    try:
        return digest({"kind": spec.kind, "settings": spec.to_json(), "seed": seed})
    except (TypeError, ValueError) as error:
        raise SettingsError(
            f"The settings of this {spec.kind} job cannot be stored ({error}). "
            "Use finite numbers, texts, true or false, and lists of them."
        ) from error


class Store(Reading):
    """All jobs of a workspace; safe to use from many threads and processes at once."""

    def __init__(self, url: str) -> None:
        """Open (or make) the store. Raises StoreError when it cannot be used."""
        self.url = url
        super().__init__(Database(url))

    def submit(self, spec: JobSpec, seed: int, parent: str | None = None, priority: int = 0) -> str:
        """Queue a job and return its id.

        Finished or unfinished jobs with the same inputs are returned as they are; stopped, failed
        and abandoned ones are queued again and continue from their last checkpoint. One that was
        imported is computed here, in the import's place. Without a
        parent the job is the person's own, also when a parent asked for it first. Raises Stopped
        for a parent that was asked to stop.
        """
        return self._submit_all([Child(spec, seed)], parent, priority)[0]

    def submit_children(self, parent: str, children: Sequence[Child]) -> list[Job]:
        """Queue the children a parent does not have yet; return all of them in this order.

        Raises Stopped when the parent was asked to stop meanwhile.
        """
        job = self.get(parent)
        ids = self._submit_all(children, parent, job.priority)
        found = {job.id: job for job in self.jobs(parent=parent)}
        return [found[id] for id in ids]

    def stop(self, id: str, force: bool = False) -> str:
        """Ask a job (and the children that no other at work needs) to stop; return its state.

        A queued job is stopped at once. A running one stops within a batch, or is killed after
        ten seconds, or at once with `force`. Its checkpoint stays: it can be resumed.
        """
        self.get(id)
        with self.database.write(alone=True) as connection:
            families.stop(connection, id, 2 if force else 1)
        return self.get(id).state

    def resume(self, id: str) -> str:
        """Queue a stopped, failed or abandoned job again, from its last checkpoint."""
        return self._again(id, fresh=False)

    def retry(self, id: str) -> str:
        """Queue a stopped, failed or abandoned job again, from the very beginning."""
        return self._again(id, fresh=True)

    def reopen(self, id: str) -> None:
        """Queue a job that is done again, with its parts that failed: it lacks some of them."""
        with self.database.write(alone=True) as connection:
            families.reopen(connection, id)

    def annotate(self, id: str, annotation: Annotation) -> None:
        """Keep a name, tags and a note with a run; nothing else about it changes.

        Raises NotFoundError.
        """
        self.get(id)
        with self.database.write(alone=True) as connection:
            change(connection, JOB.c.id == id, annotation.columns())

    def tag(self, ids: Sequence[str], add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Add tags to runs and remove others, from all of them or from none."""
        with self.database.write(alone=True) as connection:
            for job in self.jobs(ids=ids):
                tagged = with_tags(job.annotation, add, remove)
                change(connection, JOB.c.id == job.id, tagged.columns())

    def delete(self, id: str) -> list[str]:
        """Forget an ended job, its metrics, and the children only it needs.

        Returns the ids that were deleted, whose files may now go. Raises JobError for a job that
        has not ended, or that another one at work asked for.
        """
        job = self.get(id)
        if not job.ended:
            raise JobError(f"Run {id} is {job.state}. Stop it before deleting it.")
        with self.database.write(alone=True) as connection:
            doomed = [id, *families.own_family(connection, [id])]
            unfinished = sa.select(JOB.c.id).where(
                JOB.c.id.in_(doomed), JOB.c.state.in_(UNFINISHED)
            )
            if connection.execute(unfinished).first():
                raise JobError(f"A part of run {id} is still at work. Stop it before deleting it.")
            if parent := families.living_parent(connection, doomed):
                raise JobError(
                    f"Run {parent} is still at work and needs this one. Stop it before deleting it."
                )
            for table, column in ((JOB, JOB.c.id), (METRIC, METRIC.c.job), (EVENT, EVENT.c.job)):
                connection.execute(sa.delete(table).where(column.in_(doomed)))
            family = FAMILY.c.parent.in_(doomed) | FAMILY.c.child.in_(doomed)
            connection.execute(sa.delete(FAMILY).where(family))
            for gone in doomed:
                note_event(connection, gone, 0, "deleted")
        return doomed

    def forget_checkpoints(self, id: str) -> None:
        """Make an ended job start from the beginning should it be resumed. Raises JobError."""
        if not self.get(id).ended:
            raise JobError(f"Run {id} still needs its checkpoints. Stop it first.")
        with self.database.write(alone=True) as connection:
            ended = (JOB.c.id == id) & JOB.c.state.in_(ENDED)
            change(connection, ended, {"checkpoints": "[]"}, event="checkpoints deleted")

    def restore(
        self, runs: Sequence[SavedRun], parts: Mapping[str, Sequence[str]] | None = None
    ) -> list[str]:
        """Add ended jobs from elsewhere, as they were there, all or none of them.

        parts: of a job, the jobs that it had asked for, as far as they are here.
        Returns the ids of those that were not here already.
        """
        with self.database.write(alone=True) as connection:
            added = [saved.id for saved in runs if self._restored(connection, saved)]
            for parent in added:
                for child in (parts or {}).get(parent, ()):
                    families.link_known(connection, parent, child)
            return added

    def _restored(self, connection: sa.Connection, saved: SavedRun) -> bool:
        here = sa.select(JOB.c.id).where(JOB.c.id == saved.id)
        if connection.execute(here).first():
            return False
        child = Child(saved.spec, saved.seed)
        families.insert(connection, saved.id, child, saved.parent, 0, 0)
        values = {name: getattr(saved, name) for name in _RESTORED}
        values["result"] = None if saved.result is None else json.dumps(saved.result)
        values |= {"imported": 1, "started_by": "", **saved.annotation.columns()}
        change(connection, JOB.c.id == saved.id, values, event="imported")
        if saved.parent is not None:
            families.link(connection, saved.parent, saved.id)
        own = {"job": saved.id, "attempt": 0, "at": None}
        for key, points in saved.metrics.items():
            rows = [{**own, "key": key, "step": step, "value": value} for step, value in points]
            self.database.upsert(connection, METRIC, rows)
        return True

    def close(self) -> None:
        """Give all connections back."""
        self.database.close()

    def _again(self, id: str, fresh: bool) -> str:
        job = self.get(id)
        if job.state not in RESUMABLE:
            raise JobError(f"Run {id} is {job.state}; only a run that stopped or failed can go on.")
        with self.database.write(alone=True) as connection:
            families.requeue_family(connection, id, fresh)
        return id

    def _submit_all(
        self, children: Sequence[Child], parent: str | None, priority: int
    ) -> list[str]:
        ids = [identity(child.spec, child.seed) for child in children]
        with self.database.write(alone=True) as connection:
            if parent is not None and families.is_stopping(connection, parent):
                raise Stopped  # asked here: a stop finds the children that are there before it
            turn = families.next_turn(connection, parent)
            for id, child in zip(ids, children, strict=True):
                new_here = parent is None or families.link(connection, parent, id)
                row = connection.execute(sa.select(JOB.c.state).where(JOB.c.id == id)).first()
                if row is None:
                    families.insert(connection, id, child, parent, priority, turn)
                    turn += 1
                    continue
                if parent is None:
                    families.make_own(connection, id)
                here_now = families.compute_here(connection, id)
                if not here_now and row.state in RESUMABLE and new_here:
                    families.requeue_family(connection, id, False)
        return ids
