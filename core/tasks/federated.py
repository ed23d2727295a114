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
from core.networks.network import Weights
from core.networks.prepare import Prepared
from core.tasks.inputs import DENSE_FILE, Network, network, prepared


def federate_mlp(context: Context, spec: FederatedSpec) -> FederatedMlpResult:
    """Run one federated experiment; rounds appear as metrics while it goes on."""
    clients = _clients(context, spec)
    history = federate(spec, context.seed, context.progress, clients=clients)
    np.savez(context.folder / MODEL_FILE, **dict(history.parameters))  # type: ignore[arg-type]
    _write_history(context.folder, history)
    return FederatedMlpResult(**vars(federated_result(history, clients)), model=MODEL_FILE)


def federate_network(context: Context, spec: FederatedSpec) -> FederatedNetworkResult:
    """Federate the convolutional network and measure what it became.

    It begins with fresh weights or with another run's, pruned or not, whose zeros may be held in
    place.
    """
    check_network(spec)
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


def _measured(
    context: Context,
    data: Prepared,
    weights: Weights,
    history: FederatedHistory,
    progress: Timed,
    begin: Network | None,
) -> Point:
    origin = Origin(
        id=context.job_id,
        label=f"Federated, {history.label}",
        method=begin.result.point.method if begin else "dense",
        seed=context.seed,
        epochs=history.records[-1].epoch,
        seconds=progress.seconds,
        notes=data.notes,
        parent=begin.job.id if begin else "",
    )
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
