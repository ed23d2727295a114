"""Tasks that train, take in and prune networks other than the reference, each from its own file."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from core.data import store as dataset_store
from core.data.dataset import Dataset
from core.errors import WeightsError
from core.evaluation.network_point import measure_network
from core.evaluation.point import Origin
from core.evaluation.results import NetworkResult
from core.jobs.runner.context import Context
from core.jobs.runner.elapsed_time import Timed
from core.jobs.store.job import Job
from core.jobs.store.store import Store
from core.networks.applications import PREFIX, application
from core.networks.graph import Network
from core.networks.initializers import initial_values
from core.networks.keras_files.reader import read_network
from core.networks.keras_files.writer import write_network
from core.networks.network import Weights
from core.networks.network_store import NetworkSummary, keep_network, kept_network
from core.networks.output_layer import ends_in, is_left_out, with_classes
from core.networks.pixels import with_pixels, without_pixels
from core.networks.prepare import NetworkData, check_classes, prepare_for
from core.pruning.graphs.prune_network import PrunedNetwork, prune_network
from core.pruning.spec import PruneResult, PruneSpec
from core.tasks.inputs import dataset, finished, network_result, pruned_origin
from core.training.batches import steps_per_epoch
from core.training.graph_architecture import fitting, graph_architecture
from core.training.graph_export import compact_files
from core.training.spec import ImportSpec, TrainResult, TrainSpec
from core.training.teachers.teacher import Answers
from core.training.train import train
from core.workspace import Workspace

DENSE_FILE, PRUNED_FILE = "dense.keras", "pruned.keras"


@dataclass(frozen=True)
class FinishedNetwork:
    """A finished job's network as it is worked on, its weights, and what the job said of it."""

    job: Job
    network: Network
    weights: Weights
    summary: NetworkSummary
    label: str


def is_other(context: Context, job_id: str) -> bool:
    """Tell whether a finished job's network is another than the reference. Raises JobError."""
    return finished(context, job_id)[1].summary is not None


def other_network(context: Context, job_id: str) -> FinishedNetwork:
    """Return the network that a finished job made. Raises JobError or NotFoundError if it is gone.

    Its file is read as a stranger's: a run may come from elsewhere.
    """
    job, result = finished(context, job_id)
    return _read(context.workspace, job, result, context.artifact(job_id, result.weights))


def open_other(store: Store, workspace: Workspace, job_id: str) -> FinishedNetwork:
    """Return the network that a finished job made, whose file is on this host; as the one above."""
    job = store.get(job_id)
    result = network_result(job)
    return _read(workspace, job, result, workspace.artifacts(job_id) / result.weights)


def _read(workspace: Workspace, job: Job, result: NetworkResult, path: Path) -> FinishedNetwork:
    summary = result.summary
    assert summary is not None
    found = read_network(path, scratch=workspace.scratch)
    if found.weights is None:
        raise WeightsError(f"The file of run {job.id} has no weights. Run it again.")
    network = with_pixels(found.network, summary.pixels)
    return FinishedNetwork(job, network, found.weights, summary, result.point.label)


@lru_cache(maxsize=1)
def open_data(workspace: Workspace, digest: str, network: Network) -> NetworkData:
    """Return a stored data set as a network reads it; the last one stays in memory."""
    return prepare_for(dataset_store.load(workspace, digest), network)


def data_for(context: Context, digest: str, network: Network) -> NetworkData:
    """Return a stored data set as a network reads it."""
    return open_data(context.workspace, digest, network)


@dataclass(frozen=True)
class _Start:
    """What a training begins with."""

    network: Network
    weights: Weights
    name: str
    pixels: str
    notes: tuple[str, ...]


def train_other(context: Context, spec: TrainSpec, recipe_name: str) -> TrainResult:
    """Train a network from its own weights, from another run's, or from fresh ones."""
    progress = Timed(context.progress)
    start = _start(context, spec, dataset(context, spec.data))
    data = data_for(context, spec.data, start.network)
    recipe = fitting(start.network, spec.recipe)
    steps = steps_per_epoch(len(data.train), recipe.batch_size)
    trained = train(
        start.weights,
        start.network,
        data,
        recipe,
        context.seed,
        progress,
        architecture=graph_architecture(start.network, recipe, None, steps),
    )
    origin = Origin(
        id=context.job_id,
        label=f"Dense {start.name}, {recipe_name}",
        seed=context.seed,
        epochs=len(trained.history),
        seconds=progress.seconds,
        notes=(*start.notes, *data.notes),
        parent=spec.start or "",
    )
    result = _finished(context, data, trained.weights, origin, start)
    return TrainResult(**vars(result), best_epoch=trained.best_epoch)


def _start(context: Context, spec: TrainSpec, data: Dataset) -> _Start:
    """Return the network that is trained, and what was done to it before."""
    notes: list[str] = []
    if spec.start:
        before = other_network(context, spec.start)
        summary = before.summary
        said = _end_noted(before.network)
        return _Start(before.network, before.weights, summary.name, summary.pixels, said)
    network, weights = _wanted(context, spec, data)
    if weights is not None:
        notes.append("Training went on from the weights in the file.")
    if spec.last_layer == "new" and network.classes != len(data.class_names):
        network, weights, note = with_classes(network, weights, len(data.class_names), context.seed)
        notes.append(note)
    notes += _end_noted(network)
    working = with_pixels(network, spec.pixels)
    values = weights or initial_values(working, context.seed)
    return _Start(working, values, spec.name, spec.pixels, tuple(notes))


def _end_noted(network: Network) -> tuple[str, ...]:
    """Return what is said of a last activation that is neither softmax nor none."""
    end = ends_in(network)
    if is_left_out(network):
        said = "is left out in training, and softmax taken in its place: the classes keep their"
        return (f"The last layer's {end} {said} order.",) * (end != "softmax")
    said = "stays in training, and softmax is taken of what it gives: it can change the order of"
    return (f"The last layer's {end} {said} the classes.",) * (end != "linear")


def _wanted(context: Context, spec: TrainSpec, data: Dataset) -> tuple[Network, Weights | None]:
    """Return the kept network, or the one that Keras makes by its name for the data's classes."""
    wanted = spec.network or ""
    if not wanted.startswith(PREFIX):
        return kept_network(context.workspace.networks, wanted)
    shape = spec.input_shape or data.image_shape
    made = application(wanted.removeprefix(PREFIX), shape, len(data.class_names))
    digest = keep_network(context.workspace.networks, made)
    return kept_network(context.workspace.networks, digest)


def import_other(context: Context, spec: ImportSpec) -> NetworkResult:
    """Measure an uploaded network as it is. Raises WeightsError if it has no weights."""
    network, weights = kept_network(context.workspace.networks, spec.network or "")
    if weights is None:
        raise WeightsError("The file has no weights to measure. Train the network instead.")
    check_classes(dataset(context, spec.data), network)
    working = with_pixels(network, spec.pixels)
    data = data_for(context, spec.data, working)
    label = f"Uploaded, {spec.name}"
    origin = Origin(id=context.job_id, label=label, seed=context.seed, notes=data.notes)
    start = _Start(working, weights, spec.name, spec.pixels, ())
    return _finished(context, data, weights, origin, start)


def _finished(
    context: Context, data: NetworkData, weights: Weights, origin: Origin, start: _Start
) -> NetworkResult:
    summary = NetworkSummary.of(without_pixels(data.network), start.name, start.pixels)
    return keep_finished(context, data, weights, origin, summary)


def keep_finished(
    context: Context,
    data: NetworkData,
    weights: Weights,
    origin: Origin,
    summary: NetworkSummary,
    dense: Weights | None = None,
) -> NetworkResult:
    """Write a trained network, read it again, measure it, and return what a job says of it.

    dense: weights of the same network to agree with.
    """
    path = context.folder / DENSE_FILE
    _write(context, path, data.network, weights)
    return NetworkResult(
        weights=path.name,
        shape=summary,
        point=measure_network(path, data, origin, dense),
        files=_same_format(context, summary.name, data.network, weights),
    )


def _write(context: Context, path: Path, network: Network, weights: Weights) -> None:
    write_network(path, without_pixels(network), weights, scratch=context.workspace.scratch)


def _same_format(context: Context, name: str, network: Network, weights: Weights) -> dict[str, str]:
    """Write the network in the format of the file it came in, where that is not .keras."""
    if not name.lower().endswith((".h5", ".hdf5")):
        return {}
    path = context.folder / "network.h5"
    _write(context, path, network, weights)
    return {"h5": path.name}


def prune_other(
    context: Context, spec: PruneSpec, label: str, teacher: Answers | None = None
) -> PruneResult:
    """Prune a network as the plan says; save, read again, measure."""
    plan, dense = spec.plan, other_network(context, spec.dense)
    data = data_for(context, spec.data, dense.network)
    progress = Timed(context.progress)
    pruned = prune_network(dense.weights, data, plan, context.seed, progress, teacher)
    origin = pruned_origin(context, label, pruned, data, progress.seconds, dense.job.id)
    said = _end_noted(data.network) if pruned.epochs else ()
    origin = replace(origin, notes=(*origin.notes, *said))
    path = context.folder / PRUNED_FILE
    _write(context, path, data.network, pruned.weights)
    return PruneResult(
        weights=path.name,
        shape=dense.summary,
        point=measure_network(path, data, origin, dense.weights),
        files=_same_format(context, dense.summary.name, data.network, pruned.weights),
        compact=_compact(context, pruned),
    )


def _compact(context: Context, pruned: PrunedNetwork) -> dict[str, str | int | float] | None:
    if pruned.small is None:
        return None
    network, weights = pruned.small
    return compact_files(
        without_pixels(network), weights, context.folder, context.workspace.scratch
    )
