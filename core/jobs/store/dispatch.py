"""The engine's side of the store: claim, requeue, adopt, and wake parents."""

import platform
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.jobs.resources import RESOURCES, lane_resources
from core.jobs.store.database import Database
from core.jobs.store.job import (
    ABANDONED,
    ACTIVE,
    DISPATCHED,
    ENDED,
    FAILED,
    QUEUED,
    STOPPED,
    WAITING,
)
from core.jobs.store.lease import storable
from core.jobs.store.records import change
from core.jobs.store.schema import ENGINE, FAMILY, JOB

CRASH_LIMIT = 3
LOSS_LIMIT = 10


@dataclass(frozen=True)
class Claim:
    """The right to make one attempt at one job."""

    job_id: str
    attempt: int
    resources: str


@dataclass(frozen=True)
class EngineRow:
    """What an engine says of itself; beat only grows while it lives."""

    owner: str
    location: str
    beat: int
    leave: bool
    address: str
    note: str


class Dispatcher:
    """Claims and gives back jobs in the name of one engine."""

    def __init__(self, database: Database, owner: str) -> None:
        self.database, self.owner = database, owner

    def queued_resources(self) -> dict[str, int]:
        """Return name of resources -> number of queued jobs."""
        query = sa.select(JOB.c.resources, sa.func.count()).where(JOB.c.state == QUEUED)
        with self.database.read() as connection:
            return dict(connection.execute(query.group_by(JOB.c.resources)).all())

    def claim(self, lane: str, allowed: Collection[str], runner: str) -> Claim | None:
        """Claim the next job of a lane for `runner`, if its resources are among `allowed`.

        The queue is never overtaken: while the next job does not fit, nothing is claimed, so
        that small jobs cannot starve a large one.
        """
        with self.database.write(durable=lane == "background") as connection:
            row = connection.execute(self._head(lane)).first()
            if row is None or row.resources not in allowed:
                return None
            values: dict[str, Any] = {
                "state": DISPATCHED,
                "attempt": row.attempt + 1,
                "owner": self.owner,
                "runner": runner,
                "seconds_left": None,
            }
            unchanged = (JOB.c.id == row.id) & (JOB.c.state == QUEUED)
            unchanged &= JOB.c.attempt == row.attempt
            if not change(connection, unchanged, values, event=DISPATCHED):
                return None
            return Claim(row.id, row.attempt + 1, row.resources)

    def _head(self, lane: str) -> sa.Select:
        order = [JOB.c.priority.desc(), JOB.c.turn, JOB.c.sequence]
        if lane == "interactive":  # the newest question is the one somebody still looks at
            order = [JOB.c.sequence.desc()]
        return (
            sa.select(JOB.c.id, JOB.c.attempt, JOB.c.resources)
            .where(JOB.c.state == QUEUED, JOB.c.resources.in_(lane_resources(lane)))
            .order_by(*order)
            .limit(1)
            .with_for_update(skip_locked=True)
        )

    def may_continue(self) -> bool:
        """Return whether this engine still lives and is not about to leave."""
        with self.database.read() as connection:
            query = sa.select(ENGINE.c.leave).where(ENGINE.c.owner == self.owner)
            return connection.execute(query).scalar() == 0

    def claim_next(self, resources: str, runner: str) -> Claim | None:
        """Claim another job with the same needs for a runner that has just finished one."""
        lane = RESOURCES[resources].lane
        if not self.queued_resources().get(resources) or not self.may_continue():
            return None
        return self.claim(lane, {resources}, runner)

    def others_wait(self, resources: str) -> bool:
        """Return whether jobs that need another kind of runner wait in the lane of `resources`."""
        return bool(
            self.queued_resources().keys()
            & {*lane_resources(RESOURCES[resources].lane)} - {resources}
        )

    def work_of(self, runner: str) -> tuple[str, int, int] | None:
        """Return (job id, attempt, stop flag) of what a runner has in hand, or None."""
        query = sa.select(JOB.c.id, JOB.c.attempt, JOB.c.stop)
        with self.database.read() as connection:
            row = connection.execute(
                query.where(JOB.c.runner == runner, JOB.c.state.in_(ACTIVE))
            ).first()
        return None if row is None else (row.id, row.attempt, row.stop)

    def runner_ended(self, runner: str, why: str, own_fault: bool, log_end: str = "") -> None:
        """Give back what a dead runner had in hand; calling it again changes nothing.

        own_fault: the job itself may be the cause (a crash), else its worker was lost.
        """
        with self.database.write() as connection:
            self._give_back(connection, JOB.c.runner == runner, why, own_fault, log_end)

    def reclaim(self, runners: Collection[str]) -> int:
        """Give back jobs of this engine that none of its living runners has; return how many.

        One may be claimed and then never started, when Dask or the store fails in between.
        """
        lost = (JOB.c.owner == self.owner) & JOB.c.runner.not_in(list(runners))
        with self.database.read() as connection:
            if not connection.execute(
                sa.select(JOB.c.id).where(lost, JOB.c.state.in_(ACTIVE))
            ).first():
                return 0
        with self.database.write(alone=True) as connection:
            return self._give_back(connection, lost, "it could not be started", False)

    def adopt(self, owner: str) -> int:
        """Give back everything in flight under a dead engine and forget it; return how many."""
        with self.database.write(alone=True) as connection:
            count = self._give_back(connection, JOB.c.owner == owner, "engine lost", False)
            connection.execute(sa.delete(ENGINE).where(ENGINE.c.owner == owner))
        return count

    def _give_back(
        self,
        connection: sa.Connection,
        where: sa.ColumnElement[bool],
        why: str,
        own_fault: bool,
        log_end: str = "",
    ) -> int:
        held = sa.select(JOB).where(where, JOB.c.state.in_(ACTIVE)).order_by(JOB.c.sequence)
        rows = connection.execute(held.with_for_update()).all()
        for row in rows:
            values = _after_loss(row, why, own_fault, log_end)
            event = "crashed" if own_fault else "place lost"  # the stored name of a lost worker
            same = (JOB.c.id == row.id) & (JOB.c.attempt == row.attempt)
            change(connection, same, values, event, {"why": why, "then": values["state"]})
        return len(rows)

    def beat(self, location: str, count: int, address: str, note: str) -> bool:
        """Say that this engine lives; return whether somebody asked it to leave."""
        values = {"beat": count, "address": address, "note": note}
        with self.database.write(durable=False) as connection:
            mine = sa.update(ENGINE).where(ENGINE.c.owner == self.owner).values(**values)
            leave = connection.execute(mine.returning(ENGINE.c.leave)).scalar()
            if leave is None:
                connection.execute(
                    sa.insert(ENGINE).values(owner=self.owner, place=location, leave=0, **values)
                )
        return bool(leave)

    def wake_parents(self) -> int:
        """Queue every waiting parent whose children have all ended; return how many."""
        with self.database.read() as connection:
            waiting = connection.execute(
                sa.select(JOB.c.id, JOB.c.done, JOB.c.total).where(JOB.c.state == WAITING)
            ).all()
            counted = {row.id: _count_children(connection, row.id) for row in waiting}
        changed = [r for r in waiting if counted[r.id] != (r.done, r.total) or _full(counted[r.id])]
        woken = 0
        for row in changed:
            ended, total = counted[row.id]
            values: dict[str, Any] = {"done": ended, "total": total}
            values["message"] = f"{ended} of {total} runs finished"
            if _full(counted[row.id]):
                values["state"] = QUEUED
                woken += 1
            with self.database.write(durable=_full(counted[row.id])) as connection:
                change(connection, (JOB.c.id == row.id) & (JOB.c.state == WAITING), values)
        return woken


def location_name(root: Path) -> str:
    """Return the name of a workspace on this machine: what its lock can vouch for."""
    return f"{platform.node()}:{root}"


def engines(database: Database) -> list[EngineRow]:
    """Return the engines that say they live."""
    with database.read() as connection:
        rows = connection.execute(sa.select(ENGINE).order_by(ENGINE.c.owner)).all()
    return [EngineRow(r.owner, r.place, r.beat, bool(r.leave), r.address, r.note) for r in rows]


def ask_to_leave(database: Database, location: str) -> None:
    """Ask the engine of a location to end after giving its jobs back to the queue."""
    with database.write() as connection:
        connection.execute(sa.update(ENGINE).where(ENGINE.c.place == location).values(leave=1))


def _count_children(connection: sa.Connection, parent: str) -> tuple[int, int]:
    query = (
        sa.select(sa.func.count(), sa.func.count().filter(JOB.c.state.in_(ENDED)))
        .join(FAMILY, FAMILY.c.child == JOB.c.id)
        .where(FAMILY.c.parent == parent)
    )
    total, ended = connection.execute(query).one()
    return ended, total


def _full(counted: tuple[int, int]) -> bool:
    ended, total = counted
    return ended == total


def _after_loss(row: Any, why: str, own_fault: bool, log_end: str) -> dict[str, Any]:
    crashes, worker_losses = row.crashes + own_fault, row.worker_losses + (not own_fault)
    values: dict[str, Any] = {
        "crashes": crashes,
        "worker_losses": worker_losses,
        "owner": None,
        "runner": None,
        "seconds_left": None,
    }
    if row.stop:
        return values | {"state": STOPPED, "finished": time.time()}
    if crashes >= CRASH_LIMIT:
        error = f"This run crashed {crashes} times without getting further ({why}). "
        error += "Resume it to try again from its last checkpoint."
        error += f"\nEnd of its log:\n{storable(log_end)}" if log_end else ""
        return values | {"state": FAILED, "finished": time.time(), "error": error}
    if worker_losses >= LOSS_LIMIT:
        error = (
            f"The machine this run was on was lost {worker_losses} times without the run getting "
            f"further ({why}). It may need more memory than there is. Resume it to try again."
        )
        return values | {"state": ABANDONED, "finished": time.time(), "error": error}
    return values | {"state": QUEUED, "message": f"Starts again: {why}"}
