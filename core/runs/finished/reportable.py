"""The runs that a report can be made of, and those that belong to a run."""

from collections.abc import Sequence

from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store
from core.runs.specs import source_of

REPORTABLE = (
    "sweep",
    "compete",
    "federate_compare",
    "prune",
    "train",
    "import",
    "federate",
    "federate_network",
)


def reportable(store: Store) -> list[Job]:
    """Return the runs a report can be made of, newest first; children come with their parents."""
    ended = [job for kind in REPORTABLE for job in store.jobs(kind=kind, states=[DONE])]
    own = [job for job in ended if job.parent is None]
    return sorted(own, key=lambda job: -job.sequence)


def with_children(store: Store, ids: Sequence[str]) -> list[Job]:
    """Return the jobs with these ids and everything they ordered or were made from, each once.

    What they were made from may have been deleted since.
    """
    found: dict[str, Job] = {}
    waiting = list(ids)
    while waiting:
        job = store.get(waiting.pop(0))
        if job.id in found:
            continue
        found[job.id] = job
        waiting += [child.id for child in store.jobs(parent=job.id)]
        if (source := source_of(job)) and store.exists(source):
            waiting.append(source)
    return list(found.values())
