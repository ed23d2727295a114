"""Runs laid over one another: common names, one run of epochs, and only what differs."""

import pytest

from core.jobs.store.lease import Update
from core.jobs.store.store import Child, Store
from core.pruning.plan import PrunePlan
from core.pruning.search.spec import SweepSpec
from core.pruning.spec import PruneSpec
from core.runs.overlay import (
    OverlaidRun,
    axes_of,
    metric_title,
    metrics_of,
    of_federation,
    of_training,
    settings_that_differ,
    told_apart,
    with_curves,
    without_curves,
)
from core.training.recipe import Recipe
from core.training.spec import TrainSpec
from core.workspace import Workspace
from tests.runs.finished_lab import begin, end, fill
from tests.runs.histories import history


@pytest.fixture
def lab(tmp_path):
    ids = fill(Workspace(tmp_path))
    store = Store(Workspace(tmp_path).store_url)
    yield store, ids
    store.close()


def test_a_training_has_the_names_of_a_federated_run_and_its_seconds(lab):
    store, ids = lab
    id = store.submit(TrainSpec(data=ids["data"]), 7)
    lease = begin(store, id)
    values = {"accuracy": 0.5, "validation_accuracy": 0.4}
    lease.beat(Update(metrics={(key, 1): value for key, value in values.items()}))
    end(lease, {})
    job = store.get(id)
    run = of_training(job, "mine", store.metrics(id), store.metric_times(id))
    (row,) = run.rows
    assert {k: row[k] for k in row if k != "seconds"} == {
        "epoch": 1,
        "train_accuracy": 0.5,
        "validation_accuracy": 0.4,
    }
    assert 0 <= row["seconds"] <= job.finished - job.started


def test_phases_of_a_pruning_follow_one_another(lab):
    store, ids = lab
    job = store.get(ids["magnitude-0.8"])
    series = {
        "training 10/loss": [(1, 0.1)],
        "training 2/loss": [(1, 0.4), (2, 0.3)],
        "cut 2/conv1/loss": [(1, 0.6)],
        "training 1/loss": [(1, 0.9), (2, 0.8)],
    }
    rows = of_training(job, "", series, {}).rows
    losses = [(row["epoch"], row["train_loss"]) for row in rows]
    assert losses == [(1, 0.9), (2, 0.8), (3, 0.6), (4, 0.4), (5, 0.3), (6, 0.1)]


def test_a_run_that_has_ended_without_a_curve_is_not_promised_one(lab):
    store, ids = lab
    waiting = store.get(store.submit(TrainSpec(data=ids["data"]), 7))
    done = store.get(ids["dense"])
    jobs = [done, waiting, done]
    runs = [OverlaidRun(job.id, label, ()) for job, label in zip(jobs, "abc", strict=True)]
    runs[2] = OverlaidRun(done.id, "c", ({"epoch": 1.0, "loss": 0.5},))
    assert without_curves(jobs, runs) == [
        "a has ended without a curve: no epoch or round was measured.",
        "b has its curve after the first epoch or round.",
    ]
    assert without_curves([waiting] * 4, [runs[1]] * 4) == [
        "4 runs have their curves after the first epoch or round."
    ]
    assert without_curves(jobs[2:], runs[2:]) == []


def test_axes_and_metrics_are_those_that_some_run_has(lab):
    store, _ = lab
    made = history("", [0.1, 0.4])
    job = store.jobs(kind="federate")[0]
    federated = of_federation(job, "", made, {1: job.started + 2.5})
    trained = OverlaidRun("t", "", ({"epoch": 1.0, "validation_loss": 0.3, "agreement": 1.0},))
    assert federated.rows[1]["seconds"] == pytest.approx(2.5)
    assert axes_of([federated])[0] == "round"
    assert axes_of([federated, trained])[0] == "epoch"
    assert axes_of([trained]) == ["epoch"]
    assert metrics_of([federated, trained])[:2] == ["validation_accuracy", "validation_loss"]
    assert metrics_of([trained]) == ["validation_loss", "agreement"]
    assert not {"round", "bytes", "seconds", "clients"} & set(metrics_of([federated]))
    assert metric_title("validation_loss") == "Validation loss"
    assert metric_title("learning_rate") == "Learning rate"


def test_a_sweep_stands_for_its_parts_in_the_order_of_the_address(lab):
    store, ids = lab
    sweep = store.submit(SweepSpec(data=ids["data"], dense=ids["dense"]), 0)
    plan = PrunePlan(method="magnitude", sparsity=0.8)
    spec = PruneSpec(data=ids["data"], dense=ids["dense"], plan=plan)
    store.submit_children(sweep, [Child(spec, 0)])
    found = with_curves(store, [ids["random-0.95"], sweep, ids["behaviour"]], 12)
    assert [job.id for job in found] == [ids["random-0.95"], ids["magnitude-0.8"]]
    assert len(with_curves(store, [ids["random-0.95"], sweep], 1)) == 1


def test_only_settings_that_differ_are_told(lab):
    store, ids = lab
    specs = [TrainSpec(data=ids["data"], recipe=Recipe(epochs=epochs)) for epochs in (3, 5)]
    jobs = [store.get(store.submit(spec, 1)) for spec in specs]
    labels = {job.id: f"run {n}" for n, job in enumerate(jobs)}
    assert settings_that_differ(jobs, labels, {}) == [
        {"run": "run 0", "recipe, epochs": "3"},
        {"run": "run 1", "recipe, epochs": "5"},
    ]
    mixed = [jobs[0], store.jobs(kind="federate")[0]]
    first, second = settings_that_differ(mixed, {job.id: job.kind for job in mixed}, {})
    assert (first["kind"], second["kind"]) == ("Training", "Federated run")
    assert (first["data set"], second["data set"]) == (ids["data"], "synthetic:1,1")
    # The kind says that a federated run has no recipe.
    assert not any(name.startswith("recipe") for name in first)


def test_runs_of_one_name_also_say_what_differs(lab):
    store, ids = lab
    recipes = [Recipe(epochs=9, batch_size=size) for size in (16, 64)]
    jobs = [store.get(store.submit(TrainSpec(data=ids["data"], recipe=r), 1)) for r in recipes]
    other = store.get(ids["dense"])
    labels = {jobs[0].id: "same", jobs[1].id: "same", other.id: "other"}
    found = told_apart([*jobs, other], labels, {})
    assert list(found.values()) == ["same, batch size 16", "same, batch size 64", "other"]
