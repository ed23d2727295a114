"""Families of jobs, inside the caller's transaction: queueing, turns, stopping, resuming."""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.jobs.store.job import (
    ABANDONED,
    ACTIVE,
    DONE,
    FAILED,
    QUEUED,
    RESUMABLE,
    STOPPED,
    UNFINISHED,
    WAITING,
)
from core.jobs.store.records import account, change, note_event
from core.jobs.store.schema import FAMILY, JOB, METRIC
from core.jobs.store.spec import JobSpec, format_of

# What a job is when it is queued once more.
AGAIN: Mapping[str, Any] = {
    **{"state": QUEUED, "stop": 0, "crashes": 0, "worker_losses": 0, "message": ""},
    **{"error": None, "finished": None},
}
NOTHING_YET: Mapping[str, Any] = {"result": None, "started": None, "done": 0.0, "total": 0.0}


@dataclass(frozen=True)
class Child:
    """One job that a parent asks for. resources: what it needs, if not what its spec says."""

    spec: JobSpec
    seed: int
    resources: str = ""


def insert(
    connection: sa.Connection, id: str, child: Child, parent: str | None, priority: int, turn: int
) -> None:
    connection.execute(
        sa.insert(JOB).values(
            id=id,
            version=1,
            state=QUEUED,
            stop=0,
            attempt=0,
            crashes=0,
            worker_losses=0,
            kind=child.spec.kind,
            resources=child.resources or child.spec.resources,
            spec_format=format_of(child.spec),
            priority=priority,
            turn=turn,
            parent=parent,
            seed=child.seed,
            done=0.0,
            total=0.0,
            created=time.time(),
            message="",
            checkpoints="[]",
            settings=json.dumps(child.spec.to_json()),
            started_by=_starter(connection, parent),
        )
    )
    note_event(connection, id, 0, "submitted")


def _starter(connection: sa.Connection, parent: str | None) -> str:
    """Return who started a run: whoever started its parent, else the account of this process."""
    if parent is not None:
        row = connection.execute(sa.select(JOB.c.started_by).where(JOB.c.id == parent)).first()
        if row is not None:
            return str(row.started_by)
    return account()


def link(connection: sa.Connection, parent: str, child: str) -> bool:
    """Make `child` a child of `parent`; return whether it was not one before."""
    pair = (FAMILY.c.parent == parent) & (FAMILY.c.child == child)
    if connection.execute(sa.select(FAMILY).where(pair)).first():
        return False
    connection.execute(sa.insert(FAMILY).values(parent=parent, child=child))
    return True


def link_known(connection: sa.Connection, parent: str, child: str) -> None:
    """Make a job a child of `parent` if there is such a job."""
    if connection.execute(sa.select(JOB.c.id).where(JOB.c.id == child)).first():
        link(connection, parent, child)


def living_parent(connection: sa.Connection, ids: Sequence[str]) -> str | None:
    """Return a job at work that asked for one of these, itself not among them; None for none."""
    query = (
        sa.select(JOB.c.id)
        .join(FAMILY, FAMILY.c.parent == JOB.c.id)
        .where(FAMILY.c.child.in_(ids), JOB.c.id.not_in(ids), JOB.c.state.in_(UNFINISHED))
    )
    return connection.execute(query).scalar()


def make_own(connection: sa.Connection, id: str) -> None:
    """Let a job outlive the parent that asked for it first; the parent still has it as a child."""
    change(connection, (JOB.c.id == id) & JOB.c.parent.is_not(None), {"parent": None})


def next_turn(connection: sa.Connection, parent: str | None) -> int:
    """Return the turn of a family's next job, so that families take turns in the queue.

    A new family starts at the turn the machine has reached, as in start-time fair queueing
    (Goyal, Vin and Cheng 1996): a sweep of forty points does not hold up a later single run.
    """
    reached = sa.select(sa.func.max(JOB.c.turn)).where(JOB.c.attempt > 0)
    now = connection.execute(reached).scalar() or 0
    if parent is None:
        return now
    last = connection.execute(sa.select(sa.func.max(JOB.c.turn)).where(JOB.c.parent == parent))
    return max(now, (last.scalar() or 0) + 1)


def is_stopping(connection: sa.Connection, id: str) -> bool:
    """Tell whether a job was asked to stop, or is stopped."""
    query = sa.select(JOB.c.stop, JOB.c.state).where(JOB.c.id == id)
    row = connection.execute(query).first()
    return row is not None and (bool(row.stop) or row.state == STOPPED)


def stop(connection: sa.Connection, id: str, level: int) -> None:
    """Stop a job and the children that no other job at work needs."""
    for one in (id, *own_family(connection, [id], at_work=True)):
        _stop_one(connection, one, level)


def _stop_one(connection: sa.Connection, id: str, level: int) -> None:
    own = JOB.c.id == id
    at_once = own & JOB.c.state.in_((QUEUED, WAITING))
    stopped = {"state": STOPPED, "stop": 1, "finished": time.time(), "runner": None}
    if change(connection, at_once, stopped, event=STOPPED):
        pass
    else:
        asked = own & JOB.c.state.in_(ACTIVE) & (JOB.c.stop < level)
        change(connection, asked, {"stop": level}, event="stop asked", detail={"level": level})


def own_children(
    connection: sa.Connection, ids: Collection[str], at_work: bool = False
) -> list[str]:
    """Return the children that no other parent asks for and nobody submitted directly.

    at_work: of other parents only those count that are still at work.
    """
    other, parent = FAMILY.alias(), JOB.alias()
    shared = sa.select(other.c.child).where(other.c.parent.not_in(list(ids)))
    if at_work:
        living = parent.c.state.in_(UNFINISHED) & (parent.c.stop == 0)
        shared = shared.join(parent, parent.c.id == other.c.parent).where(living)
    query = (
        sa.select(FAMILY.c.child)
        .join(JOB, JOB.c.id == FAMILY.c.child)
        .where(
            FAMILY.c.parent.in_(list(ids)), JOB.c.parent.is_not(None), FAMILY.c.child.not_in(shared)
        )
    )
    return list(connection.execute(query).scalars())


def own_family(connection: sa.Connection, ids: Collection[str], at_work: bool = False) -> list[str]:
    """Return the children that only these jobs need together, and theirs.

    at_work: as for `own_children`.
    """
    found = dict.fromkeys(ids)
    while new := [c for c in own_children(connection, found, at_work) if c not in found]:
        found |= dict.fromkeys(new)
    return list(found)[len(set(ids)) :]


def compute_here(connection: sa.Connection, id: str) -> bool:
    """Queue an imported job from the very beginning; return whether it was imported.

    What came with it no longer counts.
    """
    anew = {
        **{"state": QUEUED, "imported": 0, "attempt": 0, "stop": 0, "crashes": 0},
        **{"worker_losses": 0, "done": 0.0, "total": 0.0, "message": "", "checkpoints": "[]"},
        **dict.fromkeys(("result", "error", "started", "finished", "seconds_left", "runner")),
        "created": time.time(),
    }
    imported = (JOB.c.id == id) & (JOB.c.imported == 1)
    if not change(connection, imported, anew, event="computed here"):
        return False
    connection.execute(sa.delete(METRIC).where(METRIC.c.job == id))
    return True


def requeue_family(connection: sa.Connection, id: str, fresh: bool) -> None:
    """Queue a job again with its parts that did not finish.

    A part that failed is a result to a parent that went on and was stopped later, so that it is
    tried again only where the parent failed, or where everything begins anew.
    """
    state = connection.execute(sa.select(JOB.c.state).where(JOB.c.id == id)).scalar()
    parts = RESUMABLE if fresh or state == FAILED else (STOPPED, ABANDONED)
    again = dict(AGAIN)
    if fresh:
        again |= {"checkpoints": "[]", "done": 0.0, "started": None}
        connection.execute(sa.delete(METRIC).where(METRIC.c.job == id))
    ended = (JOB.c.id == id) & JOB.c.state.in_(RESUMABLE)
    if not compute_here(connection, id):
        change(connection, ended, again, event="retried" if fresh else "resumed")
    for child in _children_in(connection, id, parts):
        requeue_family(connection, child, fresh)


def reopen(connection: sa.Connection, id: str) -> None:
    """Queue a job that is done again, and its parts that did not finish."""
    done = (JOB.c.id == id) & (JOB.c.state == DONE)
    if change(connection, done, {**AGAIN, **NOTHING_YET}, event="reopened"):
        for child in _children_in(connection, id, RESUMABLE):
            requeue_family(connection, child, False)


def _children_in(connection: sa.Connection, id: str, states: Collection[str]) -> list[str]:
    query = (
        sa.select(FAMILY.c.child)
        .join(JOB, JOB.c.id == FAMILY.c.child)
        .where(FAMILY.c.parent == id, JOB.c.state.in_(list(states)))
    )
    return list(connection.execute(query).scalars())
