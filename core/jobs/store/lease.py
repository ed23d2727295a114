"""A runner's right to write to one job: every write is fenced by (job, attempt)."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sqlalchemy as sa

from core.jobs.store.database import Database
from core.jobs.store.job import ACTIVE, RUNNING, STOPPED, WAITING
from core.jobs.store.records import change, note_event
from core.jobs.store.schema import JOB, METRIC
from core.records import FORMAT

LONGEST_TEXT = 20_000


class Fenced(Exception):
    """Another attempt owns the job now: this runner must end without a trace."""


@dataclass(frozen=True)
class Update:
    """What a runner has to tell: progress, new metric values, the checkpoints to resume from.

    metrics: (key, step) -> value. checkpoints: newest first, None leaves them as they are.
    """

    done: float | None = None
    total: float | None = None
    message: str | None = None
    seconds_left: float | None = None
    metrics: Mapping[tuple[str, int], float] = field(default_factory=dict)
    checkpoints: list[dict[str, Any]] | None = None


class Lease:
    """One attempt at one job; all methods raise Fenced once the attempt is no longer current."""

    def __init__(self, database: Database, job_id: str, attempt: int) -> None:
        self.database, self.job_id, self.attempt = database, job_id, attempt
        self._current = (JOB.c.id == job_id) & (JOB.c.attempt == attempt) & JOB.c.state.in_(ACTIVE)

    def start(self) -> list[dict[str, Any]]:
        """Say that the task begins; return the job's checkpoints, newest first."""
        values = {"state": RUNNING, "started": sa.func.coalesce(JOB.c.started, time.time())}
        self._write(values, event=RUNNING)
        with self.database.read() as connection:
            row = connection.execute(sa.select(JOB.c.checkpoints).where(self._current)).first()
        if row is None:
            raise Fenced(self.job_id)
        found: list[dict[str, Any]] = json.loads(row.checkpoints)
        return found

    def beat(self, update: Update) -> int:
        """Write an update in one transaction; return the stop flag (0, 1 or 2)."""
        values: dict[str, Any] = {"seconds_left": update.seconds_left}
        for name in ("done", "total"):
            if getattr(update, name) is not None:
                values[name] = getattr(update, name)
        if update.message is not None:
            values["message"] = storable(update.message)
        if update.checkpoints is not None:
            # A job that got further is not a hopeless one: its crashes are counted anew.
            values |= {
                "checkpoints": json.dumps(update.checkpoints),
                "crashes": 0,
                "worker_losses": 0,
            }
        own = {"job": self.job_id, "attempt": self.attempt, "at": time.time()}
        rows = [
            {**own, "key": key, "step": step, "value": value}
            for (key, step), value in update.metrics.items()
        ]
        with self.database.write(durable=update.checkpoints is not None) as connection:
            self._change(connection, values)
            self.database.upsert(connection, METRIC, rows)
            return int(connection.execute(sa.select(JOB.c.stop).where(self._current)).scalar_one())

    def stop_asked(self) -> int:
        """Return the stop flag without writing."""
        with self.database.read() as connection:
            stop = connection.execute(sa.select(JOB.c.stop).where(self._current)).scalar()
        if stop is None:
            raise Fenced(self.job_id)
        return int(stop)

    def settle(self, state: str, result: Any = None, error: str | None = None) -> None:
        """End the job: done with a JSON result, failed with an error, or stopped."""
        values = {
            "state": state,
            "result": None if result is None else json.dumps(result, default=_plain),
            "result_format": FORMAT,
            "error": None if error is None else storable(error),
            "finished": time.time(),
            "seconds_left": None,
            "runner": None,
        }
        if state == "done":
            values |= {"checkpoints": "[]", "message": ""}
        self._write(values, event=state)

    def wait_for_children(self) -> None:
        """Hand the worker back until the children have ended, or stop if that was asked."""
        with self.database.write() as connection:
            asked = connection.execute(sa.select(JOB.c.stop).where(self._current)).scalar()
            if asked:
                values = {"state": STOPPED, "finished": time.time(), "runner": None}
                self._change(connection, values, event=STOPPED)
            else:
                self._change(connection, {"state": WAITING, "runner": None}, event=WAITING)

    def note(self, kind: str, **detail: Any) -> None:
        """Add a line to the job's history."""
        with self.database.write(durable=False) as connection:
            self._change(connection, {})
            note_event(connection, self.job_id, self.attempt, kind, detail)

    def _write(self, values: Mapping[str, Any], event: str) -> None:
        with self.database.write() as connection:
            self._change(connection, values, event)

    def _change(
        self, connection: sa.Connection, values: Mapping[str, Any], event: str | None = None
    ) -> None:
        if not change(connection, self._current, values, event):
            raise Fenced(self.job_id)


def storable(text: str) -> str:
    """Return a text every database takes: no zero characters, no lone surrogates, not endless."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:LONGEST_TEXT]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"a job's result must be plain JSON, but a {type(value).__name__} arrived")
