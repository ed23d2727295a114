"""Estimates before Start: from what runs here have measured, else a guess by the work there is."""

from dataclasses import replace

import pytest

from core.data.store import list_stored
from core.evaluation.cost import multiply_adds
from core.jobs.store.store import Store
from core.networks.network import REFERENCE
from core.pruning.plan import PrunePlan
from core.runs.progress.pace import (
    LOADING_SECONDS,
    epoch_seconds,
    pruning_seconds,
    training_seconds,
)
from core.training.recipe import QUICK
from core.training.spec import TrainSpec
from core.workspace import Workspace
from tests.evaluation.points import point
from tests.runs.finished_lab import fill


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
    short, long = (pruning_seconds(PrunePlan(epochs=n), dense, data.train) for n in (1, 5))
    assert short < long
