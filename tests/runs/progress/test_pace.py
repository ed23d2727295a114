"""Estimates before Start: from what runs here have measured, else a guess by the work there is."""

import time
from dataclasses import replace

import pytest

from core.data.store import list_stored
from core.evaluation.cost import multiply_adds
from core.jobs.store.store import Store
from core.networks.network import REFERENCE
from core.pruning.plan import PrunePlan
from core.pruning.search.spec import SweepSpec
from core.pruning.search.sweep import run_seconds
from core.pruning.spec import PruneSpec
from core.runs.progress.pace import (
    LOADING_SECONDS,
    STARTING_SECONDS,
    epoch_seconds,
    pruning_seconds,
    training_seconds,
)
from core.runs.specs import result_of
from core.training.recipe import QUICK
from core.training.spec import TrainSpec
from core.workspace import Workspace
from tests.evaluation.points import point
from tests.runs.finished_lab import begin, end, fill


@pytest.fixture
def lab(tmp_path):
    workspace = Workspace(tmp_path)
    ids = fill(workspace)
    store = Store(workspace.store_url)
    (data,) = list_stored(workspace)
    yield store, data, ids
    store.close()


def test_an_epoch_takes_what_it_took_and_an_imported_network_tells_nothing():
    made = replace(point(0.8, 0.0), epochs=4.0, seconds=20.0)
    assert epoch_seconds(made, 1000) == 5.0
    assert epoch_seconds(replace(made, epochs=0.0), 1000) == pytest.approx(0.8)


def test_an_untrained_network_is_guessed_by_images_and_work(lab):
    store, data, _ = lab
    spec = TrainSpec(data=data.digest, recipe=replace(QUICK, epochs=10), network="0" * 16)
    one = training_seconds(store, data, spec, multiply_adds(REFERENCE))
    two = training_seconds(store, data, spec, 2 * multiply_adds(REFERENCE))
    assert one == pytest.approx(LOADING_SECONDS + 60 * 0.0008 * 10)  # 60 images, ten epochs
    assert two - LOADING_SECONDS == pytest.approx(2 * (one - LOADING_SECONDS))
    assert training_seconds(store, data, spec) is None  # nothing is known of its work


def test_a_training_by_the_clock_takes_its_time(lab):
    store, data, _ = lab
    spec = TrainSpec(data=data.digest, recipe=replace(QUICK, seconds=30.0))
    assert training_seconds(store, data, spec) == LOADING_SECONDS + 30.0


def test_more_retraining_takes_longer(lab):
    store, data, ids = lab
    dense = store.get(ids["dense"])
    short, long = (pruning_seconds(store, PrunePlan(epochs=n), dense, data.train) for n in (1, 5))
    assert short < long


def finished(store, spec, monkeypatch, took, result, parent=None):
    """Finish a run that took so many seconds, with the result of another; return it."""
    id = store.submit(spec, 9, parent=parent)
    lease, now = begin(store, id), time.time()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now + took)
        end(lease, result)
    return store.get(id)


def test_a_single_pruning_starts_a_runner_and_takes_what_the_last_one_took(lab, monkeypatch):
    store, data, ids = lab
    trained, pruned = (result_of(store.get(ids[name])) for name in ("dense", "magnitude-0.8"))
    dense = finished(store, TrainSpec(data=data.digest), monkeypatch, 20.0, trained)
    plan = PrunePlan(sparsity=0.5, epochs=2)
    spec = PruneSpec(data=data.digest, dense=dense.id, plan=plan)
    epoch = epoch_seconds(trained.point, data.train)
    own = run_seconds(plan, trained.shape, epoch)

    def estimate(plan=plan):
        return pruning_seconds(store, plan, dense, data.train)

    assert estimate() == pytest.approx(STARTING_SECONDS + own)
    finished(store, spec, monkeypatch, own + 21.0, pruned)
    assert estimate() == pytest.approx(own + 21.0, abs=1.0)
    assert estimate(replace(plan, epochs=3)) - estimate() > 0.9 * epoch
    busy = replace(spec, plan=replace(plan, sparsity=0.7))
    finished(store, busy, monkeypatch, own + 300.0, pruned)  # one on a busy machine is no rule
    assert estimate() == pytest.approx(own + 21.0, abs=1.0)
    sweep = store.submit(SweepSpec(data=data.digest, dense=dense.id), 0)
    assert begin(store, sweep)
    part = replace(spec, plan=replace(plan, sparsity=0.6))
    finished(store, part, monkeypatch, 500.0, pruned, sweep)  # beside others of the sweep
    assert estimate() == pytest.approx(own + 21.0, abs=1.0)
