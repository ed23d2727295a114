"""When somebody last looked at this workspace, and what has ended since."""

import json
from collections.abc import Sequence
from pathlib import Path

from core.errors import StoreError
from core.files import atomic_write, storage_errors
from core.jobs.store.job import DONE, FAILED, Job
from core.jobs.store.store import Store
from core.runs.activity import top_level

AWAY_SECONDS = 1800.0  # a longer pause ends a visit, as web statistics have it
NOTED_EVERY_SECONDS = 60.0
LOOKED_BACK = 60  # runs, the newest


def since_last_visit(path: Path, now: float) -> float | None:
    """Return when the visit before this one ended, None in the first; note that one is here now.

    path: the file that keeps it. now: seconds since 1970, as is the answer. Reloading a page, or
    another tab, belongs to the same visit. Raises StoreError if the file cannot be written.
    """
    since, seen = _read(path)
    if seen is not None and now - seen > AWAY_SECONDS:
        since, seen = seen, None
    if seen is None or now - seen > NOTED_EVERY_SECONDS or seen > now:
        _write(path, since, now)
    return since


def _read(path: Path) -> tuple[float | None, float | None]:
    """Return the end of the visit before, and when somebody was here last; None if unknown."""
    try:
        values = json.loads(path.read_text("utf-8"))
        since = values["since"]
        return None if since is None else float(since), float(values["seen"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, None


def _write(path: Path, since: float | None, seen: float) -> None:
    with storage_errors("The time of this visit", path.parent), atomic_write(path) as part:
        part.write_text(json.dumps({"since": since, "seen": seen}), "utf-8")


def finished_since(store: Store, since: float | None, limit: int) -> Sequence[Job]:
    """Return the runs that people started and that were done or failed after a moment, last first.

    since: seconds since 1970; None for nothing. Only the newest runs are looked at.
    """
    if since is None:
        return []
    ended = top_level(store, (DONE, FAILED), LOOKED_BACK)
    late = [job for job in ended if job.finished is not None and job.finished > since]
    return sorted(late, key=lambda job: -(job.finished or 0))[:limit]


def since_noted(path: Path, now: float) -> float | None:
    """Return the same as `since_last_visit`; a disk that is full or read-only is no hindrance."""
    try:
        return since_last_visit(path, now)
    except StoreError:
        return _read(path)[0]
