"""What is going on in a workspace, for the pages that list runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.evaluation.frontier import best_by_validation
from core.evaluation.point import Point
from core.jobs.store.job import (
    ACTIVE,
    DONE,
    QUEUED,
    RESUMABLE,
    STOPPING,
    UNFINISHED,
    WAITING,
    Job,
)
from core.jobs.store.live_metrics import LiveMetrics
from core.jobs.store.store import Store
from core.pruning.preview.first_cuts import FirstCut, cuts_of
from core.pruning.search.spec import TimingResult, TimingSpec
from core.runs.finished.networks import Network, measured_networks, network_of
from core.runs.specs import data_of, result_of, source_of
from core.text import percent, score_text

DENSE = ("train", "import", "federate_network")  # kinds whose networks can be pruned
FEDERATED = ("federate", "federate_network")
Metrics = Mapping[str, Sequence[tuple[int, float]]]
RECENT = 300  # runs of one kind that a page looks back at


def of_data(store: Store, kinds: Iterable[str], data: str) -> list[Job]:
    """Return the recent jobs of these kinds on one data set, newest first."""
    found = [job for kind in kinds for job in store.jobs(kind=kind, limit=RECENT, mentions=data)]
    wanted = [job for job in found if data_of(job) == data]
    return sorted(wanted, key=lambda job: -job.sequence)


def points(jobs: Iterable[Job]) -> list[Point]:
    """Return the measured points of those jobs that have one."""
    found = (network_of(job) for job in jobs)
    return [network.point for network in found if network is not None]


def _without_point(store: Store, dense: str) -> list[Job]:
    """Return the pruning jobs of one dense network that have no result, oldest first."""
    states = (*UNFINISHED, STOPPING, *RESUMABLE)
    found = store.jobs(kind="prune", mentions=dense, states=states)
    return [job for job in reversed(found) if source_of(job) == dense]


def _pruned_from(networks: Sequence[Network], dense: str) -> tuple[Point, ...]:
    """Return the points of what was pruned from one dense network, oldest first."""
    pruned = (network for network in reversed(networks) if network.job.kind == "prune")
    return tuple(network.point for network in pruned if source_of(network.job) == dense)


def finished_dense(store: Store, data: str) -> list[Job]:
    """Return the finished networks of a data set that can be pruned, newest first."""
    made = of_data(store, DENSE, data)
    return [job for job in made if job.state == DONE]


SHOWN_AS = {"running": (*ACTIVE, WAITING, STOPPING)}
# Answers of a page, not runs that a person started.
HIDDEN = ("preview", "behaviour", "forgotten", "forgetting")


def top_level(store: Store, states: Sequence[str], limit: int) -> list[Job]:
    """Return what people started, newest first: no children of sweeps, no answers of a page.

    states: in the words of the pages; none means all.
    """
    wanted = {real for state in states for real in SHOWN_AS.get(state, (state,))}
    return store.jobs(states=wanted or None, limit=limit, listed_without=HIDDEN)


def counts(store: Store) -> dict[str, int]:
    """Return how many of the runs that `top_level` lists are in each state of the store."""
    return store.counts(listed_without=HIDDEN)


def failed_parts(store: Store, job: Job) -> list[Job]:
    """Return the children of a run that ended without a result, in the order of the queue."""
    children = reversed(store.jobs(parent=job.id))
    return [child for child in children if child.ended and child.state != DONE]


@dataclass(frozen=True)
class Family:
    """A dense network and what was pruned from it, for one live frontier.

    dense, points: measured. sweeps: parents that have not ended. living: pruning jobs that have
    not, in the order of the queue. failed: those that ended without a point. learning: (epoch,
    validation accuracy) while the dense network itself is still being trained. cuts: of that
    network, without retraining, which no point has taken the place of yet.
    """

    dense: Point | None
    points: tuple[Point, ...]
    sweeps: tuple[Job, ...]
    living: tuple[Job, ...]
    failed: tuple[Job, ...]
    learning: tuple[int, float] | None = None
    cuts: tuple[FirstCut, ...] = ()

    @property
    def all_points(self) -> tuple[Point, ...]:
        """The dense network first, then the pruned ones in the order of submission."""
        return ((self.dense,) if self.dense else ()) + self.points


def family(store: Store, dense: str, known: Sequence[Network] | None = None) -> Family:
    """Return what was made of the dense network with this job id.

    known: every measured network, newest first, if the caller has them: thousands take a second.
    """
    jobs = _without_point(store, dense)
    root = network_of(store.get(dense))
    parents = store.jobs(kind="sweep", states=(*UNFINISHED, STOPPING))
    return Family(
        dense=root.point if root else None,
        points=_pruned_from(measured_networks(store) if known is None else known, dense),
        sweeps=tuple(job for job in parents if _prunes(store, job, dense)),
        living=tuple(job for job in jobs if not job.ended),
        failed=tuple(job for job in jobs if job.ended),
    )


def _prunes(store: Store, sweep: Job, dense: str) -> bool:
    """Return whether a sweep prunes this network, given to it or trained by itself."""
    if source := source_of(sweep):
        return source == dense
    return dense in {child.id for child in store.jobs(parent=sweep.id)}


def sweep_family(store: Store, sweep: str) -> Family:
    """Return one sweep's networks alone, the dense one it trains first included."""
    parent = store.get(sweep)
    children = list(reversed(store.jobs(parent=sweep)))
    pruned = [job for job in children if job.kind == "prune"]
    training = next((job for job in children if job.kind == "train"), None)
    dense = source_of(parent)
    root = training or (store.get(dense) if dense and store.exists(dense) else None)
    network = network_of(root) if root else None
    metrics = store.metrics(training.id) if training else {}
    measured = tuple(points(pruned))
    return Family(
        dense=network.point if network else None,
        points=measured,
        sweeps=() if parent.ended else (parent,),
        living=tuple(job for job in (training, *pruned) if job and not job.ended),
        failed=tuple(job for job in (training, *pruned) if job and job.ended and job.state != DONE),
        learning=_learning(training, metrics),
        cuts=_not_yet_measured(cuts_of(metrics), measured),
    )


def _learning(training: Job | None, metrics: Metrics) -> tuple[int, float] | None:
    """Return (epoch, validation accuracy) of a network that is still being trained."""
    seen = metrics.get("validation_accuracy")
    return seen[-1] if seen and training is not None and not training.ended else None


def _not_yet_measured(cuts: Sequence[FirstCut], measured: Sequence[Point]) -> tuple[FirstCut, ...]:
    """Return the cuts that no fine-tuned network of the same plan has taken the place of."""
    there = {(point.method, point.plan.get("sparsity")) for point in measured}
    return tuple(cut for cut in cuts if (cut.method, cut.sparsity) not in there)


@dataclass(frozen=True)
class Recent:
    """A run as the home page lists it.

    best: its best score, or accuracy, in words; "" of an imported one. curve: validation accuracy
    over the epochs.
    """

    job: Job
    best: str
    curve: tuple[float, ...]


def recent(store: Store, limit: int, live: LiveMetrics | None = None) -> list[Recent]:
    """Return the newest runs with their best value and the curve of their validation accuracy.

    live: of a caller that looks again and again.
    """
    reader = live or LiveMetrics(store)
    return [_recent(store, reader, job) for job in top_level(store, (), limit)]


def _recent(store: Store, live: LiveMetrics, job: Job) -> Recent:
    metrics = live.of(job)
    key = next((key for key in metrics if key.endswith("validation_accuracy")), None)
    curve = tuple(value for _, value in metrics[key]) if key else ()
    found = [job] if job.result else []
    if job.kind == "sweep":
        found = [child for child in store.jobs(parent=job.id) if child.kind == "prune"]
    best = "" if job.imported else _best_value(points(found), curve)
    return Recent(job, best, curve)


def _best_value(measured: Sequence[Point], curve: Sequence[float]) -> str:
    top = best_by_validation(measured)
    if top is not None:
        if not top.score:
            return f"{percent(top.accuracy)} accuracy"
        return f"score {score_text(top.score)}"
    return f"{percent(max(curve))} validation" if curve else ""


@dataclass(frozen=True)
class Overview:
    """The state of the whole workspace in a few numbers.

    queued, running: runs that people started, as pages list them. dense: networks that can be
    pruned. pruned: measured pruned networks. federated: finished federated runs. best: the point
    with the best score on validation images, None without points.
    """

    queued: int
    running: int
    dense: int
    pruned: int
    federated: int
    best: Point | None

    @property
    def is_used(self) -> bool:
        """Whether somebody has begun to work here: a network, a federated run, or one at work."""
        return bool(self.dense or self.pruned or self.federated or self.running or self.queued)


def overview(store: Store, known: Sequence[Network] | None = None) -> Overview:
    """Return what the home page says about the workspace; known: as for `family`."""
    states = counts(store)
    measured = measured_networks(store) if known is None else known
    pruned = [network.point for network in measured if network.job.kind == "prune"]
    return Overview(
        queued=states.get(QUEUED, 0),
        running=sum(states.get(state, 0) for state in (*ACTIVE, WAITING)),
        dense=len(store.versions(DENSE, [DONE])),
        pruned=len(pruned),
        federated=len(store.versions(FEDERATED, [DONE])),
        best=best_by_validation([point for point in pruned if not point.imported]),
    )


def measured_epoch_seconds(store: Store, data: str, dense: str | None = None) -> float | None:
    """Return what an epoch of pruning took when a competition on this data last measured it.

    dense: the run of another network than the reference whose pace is asked for.
    """
    for job in of_data(store, [TimingSpec.kind], data):
        here = job.state == DONE and not job.imported  # another machine has its own pace
        if (
            here
            and (source_of(job) or None) == dense
            and isinstance(found := result_of(job), TimingResult)
        ):
            return found.epoch_seconds
    return None
