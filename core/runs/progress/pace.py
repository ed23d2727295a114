"""How long an epoch takes on this machine: as runs here have measured it, else a guess."""

from collections.abc import Iterator
from statistics import median_low

from core.data.store import StoredDataset
from core.errors import RecordError
from core.evaluation.cost import multiply_adds
from core.evaluation.point import Point
from core.evaluation.results import NetworkResult
from core.jobs.store.job import DONE, Job
from core.jobs.store.store import Store
from core.networks.network import REFERENCE
from core.pruning.plan import PrunePlan
from core.pruning.search.sweep import run_seconds
from core.pruning.spec import PruneSpec
from core.runs.activity import of_data
from core.runs.finished.networks import network_of
from core.runs.specs import result_of, source_of, spec_of
from core.training.spec import TrainSpec

EPOCH_SECONDS_PER_IMAGE = 0.0008  # of the reference network on two cores
# Of a single pruning: a runner imports TensorFlow (5 s), compiles the step (5), measures (2).
STARTING_SECONDS = 12.0
LOOKED_AT = 5  # runs
LOADING_SECONDS = 4.0  # of a training: importing, compiling, and measuring at the end


def epoch_seconds(point: Point, images: int) -> float:
    """Return what an epoch of a network's training took, guessed where it was not trained here.

    images: training images.
    """
    if point.epochs and point.seconds and not point.imported:
        return point.seconds / point.epochs
    return images * EPOCH_SECONDS_PER_IMAGE


def pruning_seconds(store: Store, plan: PrunePlan, dense: Job, images: int) -> float | None:
    """Return how long one pruning of a finished network takes, from Start to its dot.

    A run of its own starts a runner, which a sweep's networks share: the last such runs of this
    network tell what that took. images: training images. None when the network is not here.
    """
    network = _network_result(dense)
    if network is None:
        return None
    epoch = epoch_seconds(network.point, images)
    took = [_starting(job, network, epoch) for job in _single_prunings(store, dense)]
    before = median_low(took) if took else STARTING_SECONDS  # one on a busy machine is no rule
    return before + run_seconds(plan, network.shape, epoch)


def _network_result(job: Job) -> NetworkResult | None:
    try:
        network = result_of(job)
    except RecordError:
        return None
    return network if isinstance(network, NetworkResult) else None


def _single_prunings(store: Store, dense: Job) -> Iterator[Job]:
    """Yield the finished prunings of a network that no other run asked for, newest first."""
    found = store.jobs(
        kind=PruneSpec.kind, states=(DONE,), listed_without=(), mentions=dense.id, limit=LOOKED_AT
    )
    for job in found:
        if source_of(job) == dense.id and not job.imported and _network_result(job):
            yield job


def _starting(job: Job, network: NetworkResult, epoch: float) -> float:
    """Return what a pruning took beyond its cut and its epochs."""
    spec = spec_of(job)
    assert isinstance(spec, PruneSpec)
    took = (job.finished or 0.0) - (job.started or 0.0)
    return max(0.0, took - run_seconds(spec.plan, network.shape, epoch))


def training_seconds(
    store: Store, data: StoredDataset, spec: TrainSpec, work: int | None = None
) -> float | None:
    """Return how long a training takes; None where nothing is known of its network.

    work: multiply-adds of an image through another network than the reference.
    """
    if spec.recipe.seconds:
        return LOADING_SECONDS + spec.recipe.seconds
    each = _measured(store, data, spec)
    if each is None and (work is not None or spec.network is None):
        share = 1.0 if work is None else work / multiply_adds(REFERENCE)
        each = data.train * EPOCH_SECONDS_PER_IMAGE * share
    return None if each is None else LOADING_SECONDS + each * spec.recipe.epochs


def _measured(store: Store, data: StoredDataset, spec: TrainSpec) -> float | None:
    """Return what an epoch took when this network was last trained on this data here."""
    for job in of_data(store, [TrainSpec.kind], data.digest):
        network = network_of(job) if job.state == DONE and not job.imported else None
        same = (job.settings.get("network"), job.settings.get("pixels", "0..1"))
        if network and same == (spec.network, spec.pixels) and network.point.epochs:
            return network.point.seconds / network.point.epochs
    return None
