"""A workspace in which everything has run already: a data set, networks, grades, histories.

The jobs go through the real store; only the computing is left out, so that pages can be tested
without TensorFlow. Numbers are chosen by hand.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from core.data import store as datasets
from core.data.dataset import Dataset, Split
from core.evaluation import cost
from core.evaluation.behaviour import PICTURES_FILE, BehaviourSpec
from core.evaluation.point import Layer, Point
from core.evaluation.results import NetworkResult
from core.federated.results import FederatedMlpResult
from core.grading.grade import Grade, ranked
from core.jobs.resources import ONE_OF_MANY
from core.jobs.store.dispatch import Dispatcher
from core.jobs.store.lease import Lease
from core.jobs.store.spec import JobSpec
from core.jobs.store.store import Store
from core.networks.formats import keras_h5
from core.networks.network import REFERENCE, Weights, initial_weights
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneSpec
from core.records import Record
from core.runs.finished.histories import History
from core.training.spec import TrainSpec
from core.workspace import STORE_FILE, Workspace
from tests.evaluation.points import point
from tests.runs.histories import history

CLASSES = ("T-shirt", "pullover", "dress", "coat", "shirt")
PRUNED = (
    ("magnitude", 0.8, 0.77),
    ("magnitude", 0.95, 0.74),
    ("magnitude", 0.98, 0.70),
    ("l1_filter", 0.8, 0.72),
    ("l1_filter", 0.95, 0.61),
    ("random", 0.95, 0.45),
)


def finish(store: Store, spec: JobSpec, result: Record | dict[str, Any], seed: int = 0) -> str:
    """Submit a job and settle it as done, the way a runner does; return its id."""
    job_id = store.submit(spec, seed)
    settle(store, job_id, result)
    return job_id


def settle(store: Store, job_id: str, result: Record | dict[str, Any]) -> None:
    """Claim the one queued job and end it with `result`."""
    end(begin(store, job_id), result)


def begin(store: Store, job_id: str) -> Lease:
    """Claim the one queued job, as a runner does that has just started."""
    dispatcher = Dispatcher(store.database, "test")
    lanes = ("background", "light", "interactive")
    resources = {"numpy", "tensorflow", ONE_OF_MANY, "light", "interactive"}
    claims = (dispatcher.claim(lane, resources, "test") for lane in lanes)
    claim = next(claim for claim in claims if claim is not None)
    assert claim.job_id == job_id
    lease = Lease(store.database, claim.job_id, claim.attempt)
    lease.start()
    return lease


def end(lease: Lease, result: Record | dict[str, Any]) -> None:
    """End a job that has begun."""
    lease.settle("done", result.to_json() if isinstance(result, Record) else result)


@contextmanager
def filled(folder: Path) -> Iterator[tuple[Workspace, Store, dict[str, str]]]:
    """Give a workspace in which everything has run, its store, and the ids of the runs."""
    workspace = Workspace(folder)
    ids = fill(workspace)
    store = Store(workspace.store_url)
    yield workspace, store, ids
    store.close()


def work_until_night(store: Store, job_id: str, clock: list[float], seconds: float) -> None:
    """Claim the one queued job, stop it after some seconds and queue it again next morning."""
    evening = begin(store, job_id)
    clock[0] += seconds
    store.stop(job_id)
    evening.settle("stopped")
    clock[0] += 40_000.0
    store.resume(job_id)


def dataset() -> Dataset:
    rng = np.random.default_rng(0)

    def split(images: int) -> Split:
        pixels = rng.integers(0, 255, (images, 25, 25, 3), dtype=np.uint8)
        return Split(pixels, np.arange(images) % len(CLASSES))

    return Dataset("tiny garments", CLASSES, split(60), split(40), split(50))


def pruned_weights(sparsity: float, seed: int = 0) -> Weights:
    """Return initial weights whose smallest entries are zero, over kernels and biases."""
    dense = initial_weights(REFERENCE, seed)
    sizes = np.concatenate([np.abs(array).ravel() for array in dense.values()])
    threshold = np.quantile(sizes, sparsity) if sparsity else -1.0
    kept = {name: np.where(np.abs(w) > threshold, w, 0) for name, w in dense.items()}
    return {name: w.astype(np.float32) for name, w in kept.items()}


def fill(workspace: Workspace) -> dict[str, str]:
    """Fill a fresh workspace; return the ids: data, dense, grade, behaviour, federate runs."""
    assert not (workspace.root / STORE_FILE).exists(), "it would be replaced"
    made, ids = _filled_once()
    shutil.copytree(made.name, workspace.root, dirs_exist_ok=True)
    return dict(ids)


@cache
def _filled_once() -> tuple[TemporaryDirectory[str], dict[str, str]]:
    """Return a folder to copy, which is removed when this process ends, and the ids in it."""
    folder = TemporaryDirectory(prefix="finished lab ", ignore_cleanup_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PARETO_LAB_STORE", raising=False)
        ids = _fill(Workspace(Path(folder.name)))
    return folder, ids


def _fill(workspace: Workspace) -> dict[str, str]:
    store = Store(workspace.store_url)
    digest = datasets.save(workspace, dataset())
    ids = {"data": digest}
    ids["dense"] = _network(workspace, store, TrainSpec(data=digest), "dense", 0.0, 0.76)
    for method, sparsity, accuracy in PRUNED:
        plan = PrunePlan(method=method, sparsity=sparsity)
        spec = PruneSpec(data=digest, dense=ids["dense"], plan=plan)
        ids[f"{method}-{sparsity}"] = _network(workspace, store, spec, method, sparsity, accuracy)
    ids["behaviour"] = _behaviour(workspace, store, ids)
    _federated(store)
    store.close()
    return ids


def _network(
    workspace: Workspace,
    store: Store,
    spec: TrainSpec | PruneSpec,
    method: str,
    sparsity: float,
    accuracy: float,
) -> str:
    weights = pruned_weights(sparsity)
    pruned = isinstance(spec, PruneSpec)
    plan, parent = (spec.plan.to_dict(), spec.dense) if pruned else ({}, "")
    name = "my_model_weights.h5" if pruned else "dense.h5"
    job_id = store.submit(spec, 0)
    keras_h5.write(workspace.artifacts(job_id) / name, weights)
    measured = _point(weights, method, accuracy, plan, parent)
    settle(store, job_id, NetworkResult(weights=name, shape=REFERENCE, point=measured))
    return job_id


def _point(
    weights: Weights, method: str, accuracy: float, plan: dict[str, Any], parent: str
) -> Point:
    sparsity = cost.sparsity(weights)
    layers = tuple(
        Layer(c.name, c.parameters, c.zeros, c.sparsity, c.units, c.dead_units)
        for c in cost.layer_costs(weights, REFERENCE)
    )
    made = point(accuracy, sparsity, method, plan=plan, parent=parent, layers=layers)
    return replace(
        made,
        label="Dense" if method == "dense" else f"{method} {sparsity:.1%}",
        parameters=cost.parameters(weights),
        zeros=cost.zeros(weights),
        per_class_accuracy=tuple(accuracy + step for step in (0.1, 0.05, 0.0, -0.05, -0.1)),
        confusion=tuple(tuple(8 if i == j else 1 for j in range(5)) for i in range(5)),
        size_bytes=2_400_000,
        gzip_bytes=round(2_200_000 * (1 - sparsity)),
        latency_seconds=2e-4 if method == "dense" else None,
    )


def _behaviour(workspace: Workspace, store: Store, ids: dict[str, str]) -> str:
    points = [ids["dense"], ids["magnitude-0.95"]]
    job_id = store.submit(BehaviourSpec(data=ids["data"], points=tuple(points)), 0)
    folder = workspace.artifacts(job_id)
    folder.mkdir(parents=True, exist_ok=True)
    pictures = dataset().test.images[:3]
    np.savez_compressed(folder / PICTURES_FILE, rows=np.arange(3), pictures=pictures)
    settle(store, job_id, _changes(points))
    return job_id


def _changes(points: list[str]) -> dict[str, Any]:
    change = {"row": 0, "label": 0, "before": 0, "after": 4}
    sure = {"before_confidence": 0.9, "after_confidence": 0.6}
    plain = {
        "accuracy": 0.76,
        "agreement": 1.0,
        "per_class_accuracy": [0.8, 0.8, 0.8, 0.7, 0.7],
        "per_class_delta": [0.0] * 5,
        "confusion": [[8 if i == j else 1 for j in range(5)] for i in range(5)],
        "confusion_delta": [[0] * 5] * 5,
        "confidence": 0.8,
        "confidence_delta": 0.0,
        "new_errors_count": 0,
        "fixed_count": 0,
        "changed_errors_count": 0,
        "new_errors": [],
        "fixed": [],
    }
    changed = plain | {
        "accuracy": 0.74,
        "agreement": 0.9,
        "per_class_delta": [-0.1, 0.0, 0.0, 0.02, -0.02],
        "confidence_delta": -0.05,
        "new_errors_count": 2,
        "fixed_count": 1,
        "new_errors": [change | sure, change | sure | {"row": 1}],
        "fixed": [change | sure | {"row": 2, "before": 4, "after": 0}],
    }
    return {
        "reference": points[0],
        "class_names": list(CLASSES),
        "images": 50,
        "networks": [
            {"id": points[0], "label": "Dense", **plain},
            {"id": points[1], "label": "magnitude 95.0%", **changed},
        ],
        "pruned_exemplars": [{"row": 0, "label": 0, "lost": 1}, {"row": 1, "label": 3, "lost": 1}],
        "classes": [{"images": 10, "relabelled": n} for n in (2, 0, 0, 1, 0)],
        "pictures": PICTURES_FILE,
    }


def _federated(store: Store) -> None:
    rising = [0.1, 0.4, 0.6, 0.7, 0.75]
    slow = [0.1, 0.2, 0.3, 0.4, 0.5]
    runs = (
        history("SGD, IID", slow, algorithm="minibatch_sgd", evaluations=1),
        history("FedAvg, IID", rising, local_epochs=20, evaluations=200),
        history("FedAvg, (1, 1)", slow, data="synthetic:1,1", local_epochs=20, drift=3.0),
        history("FedAvg 1, (1, 1)", rising, data="synthetic:1,1", local_epochs=1, drift=1.5),
    )
    for run in runs:
        finish(store, replace(run.spec, label=run.label), federated_result(run))


def federated_result(run: History) -> FederatedMlpResult:
    """Return what a run of two clients left."""
    return FederatedMlpResult(
        history="history.csv",
        label=run.label,
        federation="two clients",
        rows=run.rows,
        label_counts=((5, 3), (2, 6)),
        client_accuracy=(0.7, None),
    )


def grades() -> list[Grade]:
    """Return three grades: two people, one broken file."""
    return ranked(
        [
            Grade("anna", 0.74, 0.95, 563_286, 592_933, 0.845, None, file="anna/w.h5"),
            Grade("bob", 0.55, 0.98, 581_074, 592_933, 0.0, None, file="bob/w.h5"),
            Grade("carl", None, None, None, None, 0.0, "This is not an HDF5 weights file."),
        ]
    )
