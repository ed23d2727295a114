"""How far a run with parts is: all its parts from the start, and what is at work."""

from dataclasses import replace

import pytest

from core.federated.spec import FederatedComparisonSpec, FederatedSpec
from core.jobs.store.dispatch import Dispatcher
from core.jobs.store.lease import Lease, Update
from core.jobs.store.store import Child, Store
from core.pruning.search.spec import first_minute
from core.runs.parts import planned, with_parts
from core.training.recipe import QUICK
from core.training.spec import TrainSpec
from core.workspace import Workspace
from tests.jobs.told import told


@pytest.fixture
def store(tmp_path):
    opened = Store(Workspace(tmp_path).store_url)
    yield opened
    opened.close()


@pytest.fixture
def sweep(store):
    """A sweep of six prunings that trains its own network first."""
    return store.get(store.submit(first_minute("0" * 16), 0))


def test_a_sweep_counts_its_training_and_all_its_networks_from_the_start(store, sweep):
    store.submit_children(sweep.id, [Child(TrainSpec(data="0" * 16, recipe=QUICK), 0)])
    shown = with_parts(store, sweep)
    assert shown.message == "0 of 7 parts have ended"
    assert (shown.done, shown.total) == (0, 7)


def test_the_part_at_work_says_where_it_is(store, sweep):
    store.submit_children(sweep.id, [Child(TrainSpec(data="0" * 16, recipe=QUICK), 0)])
    claim = Dispatcher(store.database, "here").claim("background", {"tensorflow"}, "here")
    lease = Lease(store.database, claim.job_id, claim.attempt)
    lease.start()
    lease.beat(Update(2.0, 5.0, "Epoch 3 of 5"))
    shown = with_parts(store, store.get(sweep.id))
    assert shown.message == "0 of 7 parts have ended · Quick, seed 0: Epoch 3 of 5"
    assert shown.share_done == pytest.approx(0.4 / 7)


def test_a_sweep_of_a_given_network_and_a_comparison_know_their_number(store, sweep):
    given = store.submit(replace(first_minute("0" * 16), dense="1" * 16), 0)
    assert planned(store.get(given)) == 6
    compared = store.submit(
        FederatedComparisonSpec(runs=(FederatedSpec(), FederatedSpec(hidden=()))), 0
    )
    assert planned(store.get(compared)) == 2
    unreadable = store.submit(told("sweep", {"methods": ["gone"], "sparsities": [0.5]}), 0)
    assert planned(store.get(unreadable)) == 0


def test_a_run_without_parts_is_shown_as_it_is(store, sweep):
    assert with_parts(store, sweep) is sweep
