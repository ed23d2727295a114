"""Sweeps that are done and lack a part: it failed, or was deleted since."""

from core.errors import RecordError
from core.jobs.store.job import DONE
from core.jobs.store.store import Store
from core.pruning.search.spec import SweepResult, SweepSpec


def reopen(store: Store, id: str) -> bool:
    """Queue a finished sweep again if it lacks a network; return whether it does.

    id: of any job, here or not. An imported sweep is computed here as a whole when it is submitted.
    """
    if not store.is_known(id):
        return False
    job = store.get(id)
    if job.kind != SweepSpec.kind or job.state != DONE:
        return False
    try:
        left = SweepResult.from_stored(job.result, job.result_format)
    except RecordError:  # nobody knows what it lacks
        return False
    has_all = store.exists(left.dense) and all(map(store.is_known, left.points))
    if has_all and not left.failed:
        return False
    store.reopen(id)
    return True
