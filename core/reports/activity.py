"""What is going on in a workspace, for the pages that list runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.evaluation.point import Point
from core.jobs.job import ACTIVE, DONE, STOPPING, UNFINISHED, WAITING, Job
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
    return [job for job in of_data(store, ("train", "import"), data) if job.state == DONE]


SHOWN_AS = {"running": (*ACTIVE, WAITING, STOPPING)}
HIDDEN = ("preview", "behaviour")  # answers of a page, not runs that a person started


def top_level(store: Store, states: Sequence[str], limit: int) -> list[Job]:
    """Return what people started, newest first: no children of sweeps, no answers of a page.

    states: in the words of the pages; none means all.
    """
    wanted = {real for state in states for real in SHOWN_AS.get(state, (state,))}
    found = store.jobs(states=wanted or None, limit=RECENT)
    shown = [job for job in found if job.parent is None and job.kind not in HIDDEN]
    return shown[:limit]


def best(found: Sequence[Point]) -> Point | None:
    """Return the point with the best score, ties to the first; None without points."""
    return max(found, key=lambda point: point.score, default=None)


@dataclass(frozen=True)
class Family:
    """A dense network and what was pruned from it, for one live frontier.

    dense, points: measured. sweeps: parents that have not ended. living: pruning jobs that have
    not, in the order of the queue. failed: those that ended without a point.
    """

    dense: Point | None
    points: tuple[Point, ...]
    sweeps: tuple[Job, ...]
    living: tuple[Job, ...]
    failed: tuple[Job, ...]

    @property
    def all_points(self) -> tuple[Point, ...]:
        """The dense network first, then the pruned ones in the order of submission."""
        return ((self.dense,) if self.dense else ()) + self.points


def family(store: Store, dense: str) -> Family:
    """Return what was made of the dense network with this job id."""
    jobs = pruned_from(store, dense)
    root = network_of(store.get(dense))
    parents = store.jobs(kind="sweep", states=(*UNFINISHED, STOPPING))
    return Family(
        dense=root.point if root else None,
        points=tuple(points(jobs)),
        sweeps=tuple(job for job in parents if job.settings.get("dense") == dense),
        living=tuple(job for job in jobs if not job.ended),
        failed=tuple(job for job in jobs if job.ended and job.state != DONE),
    )
