"""Tasks of the federated half: one run, and a comparison of several."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from core.data import store as dataset_store
from core.data.dataset import Dataset
from core.data.uploads.leaf_store import LEAF_PREFIX, leaf_file
from core.evaluation.point import Origin, Point, measure
from core.federated.clients import Clients
from core.federated.federate import check_network, federate, load_clients
from core.federated.history import FederatedHistory
from core.federated.results import (
    HISTORY_FILE,
    MODEL_FILE,
    FederatedComparisonResult,
    FederatedMlpResult,
    FederatedNetworkResult,
    federated_result,
)
from core.federated.spec import FederatedComparisonSpec, FederatedSpec
from core.jobs.runner.context import Context
from core.jobs.runner.elapsed_time import Timed
from core.jobs.store.store import Child
from core.networks.formats import keras_h5
from core.networks.graph import Network as Graph
from core.networks.layers.normalization import BatchNormalization
from core.networks.network import Weights
from core.networks.prepare import Prepared
from core.tasks.inputs import DENSE_FILE, Network, finished, network, prepared
from core.tasks.other_networks import (
    FinishedNetwork,
    data_for,
    is_other,
    keep_finished,
    other_network,
)


def federate_mlp(context: Context, spec: FederatedSpec) -> FederatedMlpResult:
    """Run one federated experiment; rounds appear as metrics while it goes on."""
    clients = _clients(context, spec)
    history = federate(spec, context.seed, context.progress, clients=clients)
    np.savez(context.folder / MODEL_FILE, **dict(history.parameters))  # type: ignore[arg-type]
    _write_history(context.folder, history)
    return FederatedMlpResult(**vars(federated_result(history, clients)), model=MODEL_FILE)


def federate_network(context: Context, spec: FederatedSpec) -> FederatedNetworkResult:
    """Federate a network of the pruning part and measure what it became.

    It begins with fresh weights of the reference network, or with any run's, pruned or not, whose
    zeros may be held in place.
    """
    check_network(spec)
    if spec.start and is_other(context, spec.start):
        return _federate_other(context, spec, other_network(context, spec.start))
    progress = Timed(context.progress)
    begin = network(context, spec.start) if spec.start else None
    clients = _clients(context, spec)
    start = begin.weights if begin else None
    history = federate(spec, context.seed, progress, clients=clients, start=start)
    weights = {name: np.asarray(a, np.float32) for name, a in history.parameters.items()}
    _write_history(context.folder, history)
    data = prepared(context, spec.data, begin.shape if begin else None)
    point = _measured(context, data, weights, history, progress, begin)
    return FederatedNetworkResult(
        **vars(federated_result(history, clients)),
        weights=DENSE_FILE,
        shape=data.shape,
        point=point,
    )


def _federate_other(
    context: Context, spec: FederatedSpec, begin: FinishedNetwork
) -> FederatedNetworkResult:
    """Federate another network than the reference, from the weights of its run."""
    progress = Timed(context.progress)
    clients = load_clients(spec, context.seed, load=partial(_load, context), network=begin.network)
    history = federate(
        spec,
        context.seed,
        progress,
        clients=clients,
        start=begin.weights,
        network=begin.network,
    )
    weights = {name: np.asarray(a, np.float32) for name, a in history.parameters.items()}
    _write_history(context.folder, history)
    data = data_for(context, spec.data, begin.network)
    notes = (*data.notes, *_of_normalization(begin.network))
    origin = _origin(context, history, progress, notes, begin.job.id)
    made = keep_finished(context, data, weights, origin, begin.summary, begin.weights)
    return FederatedNetworkResult(**vars(federated_result(history, clients)), **vars(made))


def _of_normalization(network: Graph) -> tuple[str, ...]:
    """Return a note where layers keep statistics that clients do not change."""
    if not any(isinstance(layer.settings, BatchNormalization) for layer in network.layers):
        return ()
    return (
        "Clients keep the statistics of batch normalization that the network began with, and train "
        "its factors and shifts (Zhong et al. 2023, arXiv:2303.06530).",
    )


def _origin(
    context: Context,
    history: FederatedHistory,
    progress: Timed,
    notes: tuple[str, ...],
    start: str | None,
) -> Origin:
    """Return what is known of a run's network. start: the run that it began with."""
    return Origin(
        id=context.job_id,
        label=f"Federated, {history.label}",
        method=finished(context, start)[1].point.method if start else "dense",
        seed=context.seed,
        epochs=history.records[-1].epoch,
        seconds=progress.seconds,
        notes=notes,
        parent=start or "",
    )


def _measured(
    context: Context,
    data: Prepared,
    weights: Weights,
    history: FederatedHistory,
    progress: Timed,
    begin: Network | None,
) -> Point:
    start = begin.job.id if begin else None
    origin = _origin(context, history, progress, data.notes, start)
    path = context.folder / DENSE_FILE
    keras_h5.write(path, weights)
    return measure(path, data.shape, data, origin, begin.weights if begin else None)


def _clients(context: Context, spec: FederatedSpec) -> Clients:
    """Return the federation; a kept LEAF upload is read from its file."""
    if spec.data.startswith(LEAF_PREFIX):
        spec = replace(spec, data=str(leaf_file(context.workspace.datasets, spec.data)))
    return load_clients(spec, context.seed, load=partial(_load, context))


def _load(context: Context, digest: str) -> Dataset:
    return dataset_store.load(context.workspace, digest)


def _write_history(folder: Path, history: FederatedHistory) -> None:
    (folder / HISTORY_FILE).write_text(history.csv(), encoding="utf-8")


def compare_federated(context: Context, spec: FederatedComparisonSpec) -> FederatedComparisonResult:
    """Run the experiments of a comparison side by side, each a job of its own."""
    jobs = context.children([Child(run, context.seed) for run in spec.runs])
    return FederatedComparisonResult(
        tuple(job.id for job in jobs), tuple(job.error for job in jobs if job.error)
    )
