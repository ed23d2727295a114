"""Tasks of the federated half: one run, and a comparison of several."""

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.data import store as dataset_store
from core.data.dataset import Dataset
from core.data.uploads import leaf
from core.evaluation.point import Origin, measure
from core.federated.clients import Clients
from core.federated.federate import load_clients, simulate_settings
from core.federated.history import History
from core.files import atomic_write, storage_errors
from core.jobs.runner.context import Context
from core.jobs.runner.timed import Timed
from core.jobs.store.store import Child
from core.networks.formats import keras_h5
from core.networks.network import Weights
from core.tasks.inputs import DENSE_FILE, Network, network, prepared

HISTORY_FILE = "history.csv"
MODEL_FILE = "model.npz"
LEAF_PREFIX = "leaf:"


def federate(context: Context) -> dict[str, Any]:
    """Run one federated experiment; rounds appear as metrics while it goes on."""
    settings = _with_leaf_path(context)
    clients = load_clients(settings, context.seed, load=partial(_load, context))
    history = simulate_settings(settings, context.seed, context.progress, clients=clients)
    np.savez(context.folder / MODEL_FILE, **dict(history.parameters))  # type: ignore[arg-type]
    return _told(context, history, clients) | {"model": MODEL_FILE}


def federate_network(context: Context) -> dict[str, Any]:
    """Federate the convolutional network, fresh or from another run's, and measure what it became.

    settings: those of a federated run with network "cnn"; start: a run with a network, pruned or
    not; keep_zeros: hold its zeros in place.
    """
    settings, progress = context.settings, Timed(context.progress)
    begin = network(context, settings["start"]) if settings.get("start") else None
    clients = load_clients(settings, context.seed, load=partial(_load, context))
    start = begin.weights if begin else None
    history = simulate_settings(settings, context.seed, progress, clients=clients, start=start)
    weights = {name: np.asarray(a, np.float32) for name, a in history.parameters.items()}
    return _told(context, history, clients) | _measured(context, weights, history, progress, begin)


def _measured(
    context: Context,
    weights: Weights,
    history: History,
    progress: Timed,
    begin: Network | None,
) -> dict[str, Any]:
    data = prepared(context, begin.shape if begin else None)
    origin = Origin(
        id=context.job_id,
        label=f"Federated, {history.label}",
        method=str(begin.result["point"]["method"]) if begin else "dense",
        seed=context.seed,
        epochs=history.records[-1].epoch,
        seconds=progress.seconds,
        notes=data.notes,
        parent=begin.job.id if begin else "",
    )
    path = context.folder / DENSE_FILE
    keras_h5.write(path, weights)
    dense = begin.weights if begin else None
    point = measure(path, data.shape, data, origin, dense)
    return {"weights": path.name, "shape": data.shape.to_dict(), "point": point.to_dict()}


def _load(context: Context, digest: str) -> Dataset:
    return dataset_store.load(context.workspace, digest)


def _told(context: Context, history: History, clients: Clients) -> dict[str, Any]:
    (context.folder / HISTORY_FILE).write_text(history.csv(), encoding="utf-8")
    return {
        "history": HISTORY_FILE,
        "label": history.label,
        "federation": clients.name,
        "rows": history.rows(),
        "label_counts": clients.label_counts().tolist(),
        "client_accuracy": _numbers(history),
    }


def _with_leaf_path(context: Context) -> dict[str, Any]:
    """Return the settings with a kept LEAF upload's digest replaced by its file."""
    data = str(context.settings.get("data", "iid"))
    if not data.startswith(LEAF_PREFIX):
        return context.settings
    file = leaf_file(context.workspace.datasets, data.removeprefix(LEAF_PREFIX))
    return context.settings | {"data": str(file)}


def leaf_file(datasets: Path, digest: str) -> Path:
    """Return where a LEAF upload with this digest is kept."""
    return datasets / f"{digest}.leaf.json"


def keep_leaf(datasets: Path, source: Path) -> str:
    """Check a LEAF file, keep it under its digest and return what `data` calls it.

    Raises UploadError if it cannot be read as clients, StoreError when there is no room for it.
    """
    leaf.read(source)
    content = source.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    with (
        storage_errors("The clients' data", datasets),
        atomic_write(leaf_file(datasets, digest)) as part,
    ):
        part.write_bytes(content)
    return LEAF_PREFIX + digest


def _numbers(history: History) -> list[float | None]:
    values = np.asarray(history.client_accuracy, float)
    return [None if np.isnan(value) else float(value) for value in values]


def federate_compare(context: Context) -> dict[str, Any]:
    """Run the experiments of a comparison side by side, each a job of its own."""
    runs = [Child("federate", run, context.seed) for run in context.settings["runs"]]
    jobs = context.children(runs)
    failed = [job.error for job in jobs if job.error]
    return {"runs": [job.id for job in jobs], "failed": failed}
