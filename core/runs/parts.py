"""How far a run with parts is: all that it will ask for, and what the part at work does."""

from dataclasses import replace

from core.errors import RecordError
from core.federated.spec import FederatedComparisonSpec
from core.jobs.store.job import ACTIVE, Job
from core.jobs.store.store import Store
from core.pruning.search.spec import SweepSpec
from core.runs.specs import spec_of
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
    try:
        spec = spec_of(job)
    except RecordError:  # of another version of this program
        return 0
    if isinstance(spec, FederatedComparisonSpec):
        return len(spec.runs)
    return spec.networks if isinstance(spec, SweepSpec) else 0
