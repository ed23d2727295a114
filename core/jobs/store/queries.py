"""What can be asked of the store of jobs; nothing here writes."""

import json
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.errors import NotFoundError
from core.jobs.store import families
from core.jobs.store.database import Database
from core.jobs.store.job import ACTIVE, RUNNING, STOPPING, Job, job_from_row
from core.jobs.store.schema import EVENT, FAMILY, JOB, METRIC

AT_ONCE = 100  # parts of one SELECT; SQLite takes 500


@dataclass(frozen=True)
class Event:
    """Something that happened to a job: submitted, dispatched, crashed, checkpoint lost …"""

    id: int
    job: str
    attempt: int
    at: float
    kind: str
    detail: dict[str, Any]


class Reading:
    """All jobs of a workspace, to look at; safe to use from many threads and processes at once."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def get(self, id: str) -> Job:
        """Return one job. Raises NotFoundError."""
        with self.database.read() as connection:
            row = connection.execute(sa.select(JOB).where(JOB.c.id == id)).first()
        if row is None:
            raise NotFoundError(f"There is no run {id[:40]!r} here. Choose one on the Runs page.")
        return job_from_row(row)

    def exists(self, id: str) -> bool:
        """Return whether there is such a job."""
        with self.database.read() as connection:
            return connection.execute(sa.select(JOB.c.id).where(JOB.c.id == id)).first() is not None

    def is_known(self, id: str) -> bool:
        """Return whether there is such a job that was, or is to be, computed here."""
        with self.database.read() as connection:
            mine = sa.select(JOB.c.id).where(JOB.c.id == id, JOB.c.imported == 0)
            return connection.execute(mine).first() is not None

    def jobs(
        self,
        kind: str | None = None,
        states: Iterable[str] | None = None,
        parent: str | None = None,
        limit: int | None = None,
        listed_without: Iterable[str] | None = None,
        mentions: str | None = None,
        ids: Iterable[str] | None = None,
    ) -> list[Job]:
        """Return jobs, newest first.

        states: as in Job.state, "stopping" included. listed_without: of other kinds than these,
        and nobody's children. mentions: the settings name this run or data set somewhere. ids:
        only these.
        """
        query = sa.select(JOB).order_by(JOB.c.sequence.desc()).limit(limit)
        if kind is not None:
            query = query.where(JOB.c.kind == kind)
        if states is not None:
            query = query.where(_in_states(frozenset(states)))
        if listed_without is not None:
            query = query.where(_listed(listed_without))
        if mentions is not None:
            query = query.where(JOB.c.settings.contains(mentions, autoescape=True))
        if ids is not None:
            query = query.where(JOB.c.id.in_(tuple(ids)))
        if parent is not None:
            children = sa.select(FAMILY.c.child).where(FAMILY.c.parent == parent)
            query = query.where(JOB.c.id.in_(children))
        with self.database.read() as connection:
            return [job_from_row(row) for row in connection.execute(query)]

    def versions(
        self,
        kinds: Iterable[str] | None = None,
        states: Iterable[str] | None = None,
        without: Iterable[str] = (),
    ) -> dict[str, int]:
        """Return id -> version of such jobs, newest first, without their settings and results.

        without: kinds that are left out.
        """
        query = sa.select(JOB.c.id, JOB.c.version).order_by(JOB.c.sequence.desc())
        query = query.where(JOB.c.kind.not_in(tuple(without)))
        if kinds is not None:
            query = query.where(JOB.c.kind.in_(tuple(kinds)))
        if states is not None:
            query = query.where(_in_states(frozenset(states)))
        with self.database.read() as connection:
            return dict(connection.execute(query).all())

    def families(self) -> dict[str, list[str]]:
        """Return parent -> the children it asked for, of every job that asked for any."""
        found: dict[str, list[str]] = {}
        with self.database.read() as connection:
            for parent, child in connection.execute(sa.select(FAMILY.c.parent, FAMILY.c.child)):
                found.setdefault(parent, []).append(child)
        return found

    def own_family(self, *ids: str) -> list[str]:
        """Return the parts that only these jobs need: they are deleted with them."""
        with self.database.read() as connection:
            return families.own_family(connection, ids)

    def counts(self, listed_without: Iterable[str] | None = None) -> dict[str, int]:
        """Return how many jobs are in each state; listed_without: as for `jobs`."""
        query = sa.select(JOB.c.state, sa.func.count()).group_by(JOB.c.state)
        if listed_without is not None:
            query = query.where(_listed(listed_without))
        with self.database.read() as connection:
            return dict(connection.execute(query).all())

    def revision(self, id: str | None = None) -> str:
        """Return a token that changes whenever anything (or this job) changes; cheap to ask."""
        changes = sa.func.coalesce(sa.func.sum(JOB.c.version), 0)
        query = sa.select(changes, sa.select(sa.func.max(EVENT.c.id)).scalar_subquery())
        if id is not None:
            query = sa.select(changes, sa.func.count()).where(JOB.c.id == id)
        with self.database.read() as connection:
            return "-".join(str(part or 0) for part in connection.execute(query).one())

    def metrics(self, id: str, after_step: int | None = None) -> dict[str, list[tuple[int, float]]]:
        """Return key -> [(step, value)] by step; with `after_step` only later steps."""
        query = sa.select(METRIC.c.key, METRIC.c.step, METRIC.c.value).where(METRIC.c.job == id)
        if after_step is not None:
            query = query.where(METRIC.c.step > after_step)
        found: dict[str, list[tuple[int, float]]] = {}
        with self.database.read() as connection:
            for key, step, value in connection.execute(query.order_by(METRIC.c.key, METRIC.c.step)):
                # SQLite keeps a NaN as NULL.
                found.setdefault(key, []).append((step, math.nan if value is None else value))
        return found

    def metrics_from(self, id: str, first: Mapping[str, int]) -> dict[str, list[tuple[int, float]]]:
        """Return, as `metrics` does, each key's values from a step on; without one, all of them.

        What it costs does not grow with the values before.
        """
        with self.database.read() as connection:
            keys: list[str] = list(connection.execute(_keys_of(id)).scalars())
            found: dict[str, list[tuple[int, float]]] = {key: [] for key in keys}
            for start in range(0, len(keys), AT_ONCE):
                parts = (_values_of(id, key, first.get(key)) for key in keys[start:][:AT_ONCE])
                for key, step, value in connection.execute(sa.union_all(*parts)).all():
                    found[key].append((step, math.nan if value is None else value))
        return {key: sorted(points, key=lambda pair: pair[0]) for key, points in found.items()}

    def metric_times(self, id: str) -> dict[int, float]:
        """Return step -> seconds since 1970 at which it was first measured, where that is known."""
        first = sa.select(METRIC.c.step, sa.func.min(METRIC.c.at)).group_by(METRIC.c.step)
        known = first.where(METRIC.c.job == id, METRIC.c.at.is_not(None))
        with self.database.read() as connection:
            return dict(connection.execute(known.order_by(METRIC.c.step)).all())

    def events(self, id: str | None = None, after: int = 0) -> list[Event]:
        """Return what happened, oldest first, to one job or to all."""
        query = sa.select(EVENT).where(EVENT.c.id > after).order_by(EVENT.c.id)
        if id is not None:
            query = query.where(EVENT.c.job == id)
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return [Event(r.id, r.job, r.attempt, r.at, r.kind, json.loads(r.detail)) for r in rows]

    def last_start(self, id: str) -> float | None:
        """Return when a job's last attempt began, in seconds since the epoch; None before any."""
        query = sa.select(sa.func.max(EVENT.c.at)).where(EVENT.c.job == id, EVENT.c.kind == RUNNING)
        with self.database.read() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else float(found)

    def wait(
        self, id: str, timeout_seconds: float | None = None, poll_seconds: float = 0.01
    ) -> Job:
        """Return the job once it has ended, or as it is when the time is over."""
        end = math.inf if timeout_seconds is None else time.monotonic() + timeout_seconds
        job = self.get(id)
        while not job.ended and time.monotonic() < end:
            time.sleep(poll_seconds)
            job = self.get(id)
        return job


def _keys_of(id: str) -> sa.Select[Any]:
    """Return the query of a run's keys; it jumps from one to the next in the table's own order."""
    least = sa.select(sa.func.min(METRIC.c.key).label("key")).where(METRIC.c.job == id)
    keys = least.cte("keys", recursive=True)
    after = sa.select(sa.func.min(METRIC.c.key)).where(
        METRIC.c.job == id, METRIC.c.key > keys.c.key
    )
    keys = keys.union_all(sa.select(after.scalar_subquery()).where(keys.c.key.is_not(None)))
    return sa.select(keys.c.key).where(keys.c.key.is_not(None))


def _values_of(id: str, key: str, first: int | None) -> sa.Select[Any]:
    query = sa.select(METRIC.c.key, METRIC.c.step, METRIC.c.value)
    query = query.where(METRIC.c.job == id, METRIC.c.key == key)
    return query if first is None else query.where(METRIC.c.step >= first)


def _listed(without: Iterable[str]) -> sa.ColumnElement[bool]:
    return JOB.c.parent.is_(None) & JOB.c.kind.not_in(list(without))


def _in_states(states: frozenset[str]) -> sa.ColumnElement[bool]:
    plain = JOB.c.state.in_(states - {STOPPING})
    if not states & {*ACTIVE, STOPPING}:
        return plain
    asked = JOB.c.state.in_(ACTIVE) & (JOB.c.stop > 0)
    return (plain & ~asked) | asked if STOPPING in states else plain & ~asked
