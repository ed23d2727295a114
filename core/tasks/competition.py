"""The competition as jobs: every network it tries is a run and a point of its own."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from core.data.dataset import Split
from core.errors import JobError
from core.evaluation.point import Point
from core.evaluation.score import score
from core.jobs.runner.context import Context
from core.jobs.store.job import DONE, FAILED, Job
from core.jobs.store.store import Child
from core.networks.network import initial_weights
from core.networks.prepare import NetworkData, Prepared
from core.progress import Silent
from core.pruning.graphs.prune_network import prune_network
from core.pruning.graphs.reach import Reach
from core.pruning.plan import PrunePlan
from core.pruning.prune import prune
from core.pruning.search.competition import Made, compete, counted_seconds, gap_seconds, trained_on
from core.pruning.search.proposals import USUAL
from core.pruning.search.spec import CompeteResult, CompeteSpec, TimingResult, TimingSpec
from core.pruning.spec import PruneSpec
from core.records import Spec
from core.tasks.inputs import network_result, prepared
from core.tasks.other_networks import FinishedNetwork, data_for, is_other, other_network
from core.tasks.winner import earlier_competition
from core.training.recipe import Recipe
from core.training.spec import TrainSpec

FEW_IMAGES, MORE_IMAGES = 640, 2560
UNKNOWN = 0.8  # of what may go: what a network that nobody tried stands, most of the time


class JobTrainer:
    """Orders networks from the store; what was ordered before is there at once."""

    def __init__(self, context: Context, data: str, other: FinishedNetwork | None = None) -> None:
        """Hold a competition on one data set.

        data: its digest. other: the network that is pruned, where that is not the reference.
        """
        self._context, self._data = context, data
        self._dense = other.job.id if other else None
        self.highest = Reach.of(other.network).share if other else 1.0
        self.usual = UNKNOWN if other else USUAL
        self._ordered: list[Child] = []
        self._ended: float | None = None

    def epoch_seconds(self) -> tuple[float, float]:
        """Return what the timing job measured."""
        # Named after this competition: the machine may be faster or slower in the next one.
        told = TimingSpec(data=self._data, of=self._context.job_id, dense=self._dense)
        job = self._order(told, 0)
        found = TimingResult.from_stored(job.result, job.result_format)
        return found.epoch_seconds, self._by_the_clock(job, found.seconds)

    def given(self, dense: str) -> Made:
        """Return a finished network, which took none of this competition's time."""
        point = network_result(_done(self._context.store.get(dense))).point
        return _network_made(dense, point, 0.0)

    def train(self, recipe: Recipe, seed: int) -> Made:
        """Order a dense network."""
        return self._made(self._order(TrainSpec(data=self._data, recipe=recipe), seed))

    def prune(self, dense: str, plan: PrunePlan, seed: int) -> Made:
        """Order a pruned network; one that failed (its loss was no number) is worth nothing."""
        job = self._wait_for(PruneSpec(data=self._data, dense=dense, plan=plan), seed)
        if job.state == FAILED:
            return Made(job.id, 0.0, 0.0, 0.0, self._by_the_clock(job, 0.0))
        return self._made(_done(job))

    def _made(self, job: Job) -> Made:
        point = network_result(job).point
        return _network_made(job.id, point, self._by_the_clock(job, point.seconds))

    def _by_the_clock(self, job: Job, spent: float) -> float:
        """Return the seconds since the job before had ended, without time that nobody worked in.

        spent: on the work itself, over all attempts; the store knows when the last one began. Asked
        again after a kill the answer is the same, as all of it is in the store.
        """
        started, finished = job.started or 0.0, job.finished or 0.0
        gap = gap_seconds(started, self._ended)
        self._ended = finished
        began = self._context.store.last_start(job.id) or started
        return counted_seconds(began, finished, spent) + gap

    def _order(self, spec: Spec, seed: int) -> Job:
        return _done(self._wait_for(spec, seed))

    def _wait_for(self, spec: Spec, seed: int) -> Job:
        self._ordered.append(Child(spec, seed))
        return self._context.children(self._ordered)[-1]


def _network_made(id: str, point: Point, seconds: float) -> Made:
    """Return what a competition may know of a network: nothing of the holdout."""
    reached, sparsity = point.validation_accuracy, point.sparsity
    return Made(id, reached, sparsity, score(reached, sparsity), seconds, float(point.epochs))


def _done(job: Job) -> Job:
    if job.state != DONE:
        raise JobError(f"The competition lacks a network: {job.error or job.state}.")
    return job


def competition(context: Context, spec: CompeteSpec) -> CompeteResult:
    """Find the best score that the minutes allow."""
    if spec.after is not None:
        return _trained_on(context, spec, context.store.get(spec.after))
    trainer = _trainer(context, spec.data, spec.dense)
    found = compete(spec.minutes, context.seed, trainer, spec.dense, spec.shares)
    point = _point_of(context, found.best.id)
    return CompeteResult(found.dense.id, found.best.id, found.entries, point)


def _trained_on(context: Context, spec: CompeteSpec, before: Job) -> CompeteResult:
    """Give a finished competition's winner more time; the better of both wins, by validation."""
    earlier = earlier_competition(before, spec.data)
    trainer = _trainer(context, spec.data, earlier.dense)
    best = max(earlier.tried, key=lambda entry: entry.objective)
    made, entry = trained_on(spec.minutes, context.seed, trainer, earlier.best, best)
    tried = (*earlier.tried, entry)
    if entry.objective <= best.objective:
        return replace(earlier, tried=tried)
    return CompeteResult(earlier.dense, made.id, tried, _point_of(context, made.id))


def _trainer(context: Context, data: str, dense: str | None) -> JobTrainer:
    """Return the trainer for the network that a run made, the reference network for None."""
    is_given = dense is not None and is_other(context, dense)
    return JobTrainer(context, data, other_network(context, dense) if dense and is_given else None)


def _point_of(context: Context, run: str) -> Point:
    return network_result(_done(context.store.get(run))).point


def timing(context: Context, spec: TimingSpec) -> TimingResult:
    """Measure a few steps of pruning, the slowest kind of epoch here.

    The difference between many images and few leaves out what is paid once a run: compiling the
    step, looking at the validation images. The cut is at once: a ramp's cuts, too, are paid once a
    run, but as there cannot be more of them than steps, more images would have more.
    """
    if spec.dense is None:
        data = prepared(context, spec.data)
        return _timed(len(data.train), partial(_pruning_seconds, context, data))
    other = other_network(context, spec.dense)
    images = data_for(context, spec.data, other.network)
    return _timed(len(images.train), partial(_other_seconds, context, images, other))


def _timed(train: int, seconds: Callable[[int, int], float]) -> TimingResult:
    """Return the pace over `train` images. seconds: what a number of images, and epochs, take."""
    started = time.perf_counter()
    seconds(FEW_IMAGES, 1)  # the first run of a process is slower
    few = seconds(FEW_IMAGES, 1)
    epochs = math.ceil(MORE_IMAGES / train)  # a small set is seen again and again
    more = seconds(MORE_IMAGES, epochs)
    images = epochs * min(MORE_IMAGES, train) - min(FEW_IMAGES, train)
    pace = max(more - few, few / 10) / images
    return TimingResult(max(pace * train, 1e-3), time.perf_counter() - started)


def _first(train: Split, images: int) -> Split:
    return train.take(np.arange(min(images, len(train))))


def _pruning_seconds(context: Context, data: Prepared, images: int, epochs: int) -> float:
    part = replace(data, train=_first(data.train, images))
    weights = initial_weights(data.shape, context.seed)
    started = time.perf_counter()
    prune(weights, part, PrunePlan(sparsity=0.9, epochs=epochs, ramp=0.0), context.seed, Silent())
    return time.perf_counter() - started


def _other_seconds(
    context: Context, data: NetworkData, other: FinishedNetwork, images: int, epochs: int
) -> float:
    part = replace(data, train=_first(data.train, images))
    share = min(0.9, Reach.of(other.network).share)
    plan = PrunePlan(sparsity=share, epochs=epochs, ramp=0.0)
    started = time.perf_counter()
    prune_network(other.weights, part, plan, context.seed, Silent())
    return time.perf_counter() - started
