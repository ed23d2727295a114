"""What is going on in a workspace, for the pages that list runs."""

from collections.abc import Iterable, Sequence

from core.evaluation.point import Point
from core.jobs.job import Job
from core.jobs.store import Store
from core.reports.runs import network_of

RECENT = 300  # runs of one kind that a page looks back at


def of_data(store: Store, kinds: Iterable[str], data: str) -> list[Job]:
    """Return the recent jobs of these kinds on one data set, newest first."""
    found = [job for kind in kinds for job in store.jobs(kind=kind, limit=RECENT)]
    wanted = [job for job in found if job.settings.get("data") == data]
    return sorted(wanted, key=lambda job: -job.sequence)


def points(jobs: Iterable[Job]) -> list[Point]:
    """Return the measured points of those jobs that have one."""
    found = (network_of(job) for job in jobs)
    return [network.point for network in found if network is not None]


def pruned_from(store: Store, dense: str) -> list[Job]:
    """Return the recent pruning jobs of one dense network, oldest first."""
    found = store.jobs(kind="prune", limit=RECENT)
    return [job for job in reversed(found) if job.settings.get("dense") == dense]


def finished_dense(store: Store, data: str) -> list[Job]:
    """Return the finished networks of a data set that can be pruned, newest first."""
    return [job for job in of_data(store, ("train", "import"), data) if job.state == "done"]


def best(found: Sequence[Point]) -> Point | None:
    """Return the point with the best score, ties to the first; None without points."""
    return max(found, key=lambda point: point.score, default=None)
