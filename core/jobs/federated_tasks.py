"""Tasks of the federated half: one run, and a comparison of several."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from core.data import leaf
from core.data import store as dataset_store
from core.federated.federate import load_clients, simulate_settings
from core.federated.history import History
from core.jobs.context import Context
from core.jobs.store import Child

HISTORY_FILE = "history.csv"
MODEL_FILE = "model.npz"
LEAF_PREFIX = "leaf:"


def federate(context: Context) -> dict[str, Any]:
    """Run one federated experiment; rounds appear as metrics while it goes on."""
    settings = _with_leaf_path(context)

    def load(digest: str) -> Any:
        return dataset_store.load(context.workspace, digest)

    clients = load_clients(settings, context.seed, load=load)
    history = simulate_settings(settings, context.seed, context.progress, clients=clients)
    (context.folder / HISTORY_FILE).write_text(history.csv(), encoding="utf-8")
    np.savez(context.folder / MODEL_FILE, **dict(history.parameters))  # type: ignore[arg-type]
    return {
        "history": HISTORY_FILE,
        "model": MODEL_FILE,
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

    Raises UploadError if it cannot be read as clients.
    """
    leaf.read(source)
    content = source.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    leaf_file(datasets, digest).write_bytes(content)
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
