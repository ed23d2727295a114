"""How far a run with parts is: all that it will ask for, and what the part at work does."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.errors import SettingsError
from core.jobs.store.job import ACTIVE, Job
from core.jobs.store.store import Store
from core.pruning.search.sweep import Sweep
from core.runs.titles import short_title

WITH_PARTS = ("sweep", "compete", "federate_compare")


def with_parts(store: Store, job: Job) -> Job:
    """Return the job with the progress of its parts as its own; other jobs as they are.

    The store counts the parts that exist: while a sweep trains its network, that is one.
    """
    if job.ended or job.kind not in WITH_PARTS:
        return job
    parts = store.jobs(parent=job.id)
    if not parts:
        return job
    total = max(len(parts), planned(job))
    ended = sum(part.ended for part in parts)
    working = [part for part in reversed(parts) if part.state in ACTIVE]
    done = ended + sum(part.share_done for part in working)
    message = f"{ended} of {total} parts have ended"
    now = f" · {short_title(working[0])}: {working[0].message or 'starting'}" if working else ""
    return replace(job, done=done, total=float(total), message=f"{message}{now}")


def planned(job: Job) -> int:
    """Return how many parts a run will ask for, 0 when only its course decides."""
    if job.kind == "federate_compare":
        return len(job.settings.get("runs", ()))
    return _networks(job.settings) if job.kind == "sweep" else 0


def _networks(settings: Mapping[str, Any]) -> int:
    try:
        return len(Sweep.from_dict(settings).runs()) + (not settings.get("dense"))
    except (SettingsError, KeyError):  # of another version of this program
        return 0
