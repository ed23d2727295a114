"""How far a run with parts is: all that it will ask for, and what the part at work does."""

from collections.abc import Sequence
from dataclasses import replace

from core.errors import RecordError
from core.federated.spec import FederatedComparisonSpec
from core.jobs.store.job import ACTIVE, QUEUED, STOPPING, Job
from core.jobs.store.store import Store
from core.pruning.search.spec import SweepSpec
from core.runs.activity import HIDDEN
from core.runs.specs import spec_of
from core.runs.titles import job_title, short_title
from core.text import plural

WITH_PARTS = ("sweep", "compete", "federate_compare")
TENSORFLOW = "tensorflow"  # what a run needs that loads it
LOOKED_AT = 20  # runs at work at once


def with_parts(store: Store, job: Job) -> Job:
    """Return the job with the progress of its parts as its own; other jobs as they are.

    The store counts the parts that exist: while a sweep trains its network, that is one. A run of
    which nothing is at work while another's is comes as queued, and says behind what it waits.
    """
    if job.ended:
        return job
    parts = store.jobs(parent=job.id) if job.kind in WITH_PARTS else []
    working = [part for part in reversed(parts or [job]) if part.state in (*ACTIVE, STOPPING)]
    ahead = "" if working else _ahead(store, job)
    waiting = f"Waiting behind {ahead}" if ahead else ""
    if waiting:
        job = replace(job, state=QUEUED, message=waiting)
    if parts:
        return _counted(job, parts, working, waiting)
    if job.state in ACTIVE and not job.message:
        starting = _starting(job)
        job = replace(job, message=starting[0].upper() + starting[1:])
    return job


def _counted(job: Job, parts: Sequence[Job], working: Sequence[Job], waiting: str) -> Job:
    total = max(len(parts), planned(job))
    ended = sum(part.ended for part in parts)
    done = ended + sum(part.share_done for part in working)
    message = f"{ended} of {plural(total, 'run')} finished"
    if working:
        message += f" · {short_title(working[0])}: {working[0].message or _starting(working[0])}"
    elif waiting:
        message += f" · {waiting}"
    return replace(job, done=done, total=float(total), message=message)


def _starting(part: Job) -> str:
    """Return what a runner does before its task says anything."""
    try:
        needs_tensorflow = spec_of(part).resources == TENSORFLOW
    except RecordError:
        needs_tensorflow = False
    return "loading TensorFlow" if needs_tensorflow else "starting"


def _ahead(store: Store, job: Job) -> str:
    """Return what is at work instead of this run, "" when nothing is."""
    others = [
        other
        for other in store.jobs(states=ACTIVE, limit=LOOKED_AT)
        if job.id not in (other.id, other.parent) and other.kind not in HIDDEN
    ]
    if not others:
        return ""
    first = others[-1]
    parent = first.parent if first.parent and store.exists(first.parent) else first.id
    return job_title(store.get(parent))


def planned(job: Job) -> int:
    """Return how many parts a run will ask for, 0 when only its course decides."""
    try:
        spec = spec_of(job)
    except RecordError:  # of another version of this program
        return 0
    if isinstance(spec, FederatedComparisonSpec):
        return len(spec.runs)
    return spec.networks if isinstance(spec, SweepSpec) else 0
