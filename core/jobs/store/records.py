"""The two ways a row of the store changes: a job with its event, in the caller's transaction."""

import getpass
import json
import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.jobs.store.schema import EVENT, JOB


def change(
    connection: sa.Connection,
    where: sa.ColumnElement[bool],
    values: Mapping[str, Any],
    event: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> bool:
    """Change the one job that `where` describes, if it is (still) so; return whether it was.

    With `event`, what happened is noted in the same transaction.
    """
    statement = sa.update(JOB).where(where).values(version=JOB.c.version + 1, **values)
    changed = connection.execute(statement.returning(JOB.c.id, JOB.c.attempt)).first()
    if changed is None:
        return False
    if event is not None:
        note_event(connection, changed.id, changed.attempt, event, detail)
    return True


def account() -> str:
    """Return the name of the account that this process runs under, "" where it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's number without a name
        return ""


def note_event(
    connection: sa.Connection,
    job: str,
    attempt: int,
    kind: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one line to the history of a job."""
    connection.execute(
        sa.insert(EVENT).values(
            job=job,
            attempt=attempt,
            at=time.time(),
            kind=kind,
            detail=json.dumps(dict(detail or {})),
        )
    )
