"""How far a run with parts is: all its parts from the start, and what is at work."""

from dataclasses import replace

import pytest

from core.federated.spec import FederatedComparisonSpec, FederatedSpec
from core.jobs.store.dispatch import Dispatcher
from core.jobs.store.lease import Lease, Update
from core.jobs.store.store import Child, Store
from core.pruning.search.spec import first_sweep
from core.runs.progress.parts_progress import planned, with_parts
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
    return store.get(store.submit(first_sweep("0" * 16), 0))


def test_a_sweep_counts_its_training_and_all_its_networks_from_the_start(store, sweep):
    store.submit_children(sweep.id, [Child(TrainSpec(data="0" * 16, recipe=QUICK), 0)])
    shown = with_parts(store, sweep)
    assert shown.message == "0 of 7 runs finished"
    assert (shown.done, shown.total) == (0, 7)


def test_the_part_at_work_says_where_it_is(store, sweep):
    store.submit_children(sweep.id, [Child(TrainSpec(data="0" * 16, recipe=QUICK), 0)])
    claim = Dispatcher(store.database, "here").claim("background", {"tensorflow"}, "here")
    lease = Lease(store.database, claim.job_id, claim.attempt)
    lease.start()
    first = with_parts(store, store.get(sweep.id)).message
    assert first == "0 of 7 runs finished · Quick, seed 0: loading TensorFlow"
    lease.beat(Update(2.0, 5.0, "Epoch 3 of 5"))
    shown = with_parts(store, store.get(sweep.id))
    assert shown.message == "0 of 7 runs finished · Quick, seed 0: Epoch 3 of 5"
    assert shown.share_done == pytest.approx(0.4 / 7)


def test_a_sweep_of_a_given_network_and_a_comparison_know_their_number(store, sweep):
    given = store.submit(replace(first_sweep("0" * 16), dense="1" * 16), 0)
    assert planned(store.get(given)) == 6
    compared = store.submit(
        FederatedComparisonSpec(runs=(FederatedSpec(), FederatedSpec(hidden=()))), 0
    )
    assert planned(store.get(compared)) == 2
    unreadable = store.submit(told("sweep", {"methods": ["gone"], "sparsities": [0.5]}), 0)
    assert planned(store.get(unreadable)) == 0


def test_a_run_without_parts_is_shown_as_it_is(store, sweep):
    assert with_parts(store, sweep) is sweep


TRAINING = TrainSpec(data="0" * 16, recipe=QUICK)


def start_next(store, lane="background", resources=("tensorflow",)):
    """Claim the next job of a lane and start it, as a runner does; return its id."""
    claim = Dispatcher(store.database, "here").claim(lane, set(resources), "here")
    Lease(store.database, claim.job_id, claim.attempt).start()
    return claim.job_id


def test_a_single_run_says_what_it_does_before_its_task_says_anything(store):
    id = store.submit(TrainSpec(data="0" * 16, recipe=QUICK), 0)
    claim = Dispatcher(store.database, "here").claim("background", {"tensorflow"}, "here")
    lease = Lease(store.database, claim.job_id, claim.attempt)
    lease.start()
    assert with_parts(store, store.get(id)).message == "Loading TensorFlow"
    lease.beat(Update(2.0, 5.0, "Epoch 3 of 5"))
    assert with_parts(store, store.get(id)).message == "Epoch 3 of 5"


def test_a_comparison_behind_another_run_says_so_and_is_queued(store):
    working = store.submit(TRAINING, 7)
    assert start_next(store) == working
    runs = (FederatedSpec(), FederatedSpec(hidden=()))
    compared = store.submit(FederatedComparisonSpec(runs=runs), 0)
    store.submit_children(compared, [Child(run, 0) for run in runs])
    shown = with_parts(store, store.get(compared))
    assert shown.shown_state == "queued"
    assert shown.message == "0 of 2 runs finished · Waiting behind Training: Quick, seed 7"


def test_a_single_run_waits_behind_the_sweep_whose_part_is_at_work(store, sweep):
    store.submit_children(sweep.id, [Child(TRAINING, 0)])
    start_next(store)
    alone = store.get(store.submit(TRAINING, 1))
    assert with_parts(store, alone).message.startswith("Waiting behind Sweep: ")
    assert "Waiting" not in with_parts(store, store.get(sweep.id)).message  # itself at work


def test_an_answer_that_a_page_waits_for_holds_nobody_up(store):
    store.submit(told("preview", {"data": "0"}), 0)
    start_next(store, "interactive", ("interactive", "tensorflow"))
    alone = store.get(store.submit(TRAINING, 1))
    assert with_parts(store, alone) is alone


def test_a_short_comparison_is_claimed_before_a_queued_sweep(store, sweep):
    """The page submits it with a priority; its parts inherit it."""
    store.submit_children(sweep.id, [Child(TRAINING, 0)])
    run = FederatedSpec()
    compared = store.submit(FederatedComparisonSpec(runs=(run,)), 0, priority=1)
    (part,) = store.submit_children(compared, [Child(run, 0)])
    assert start_next(store, resources=("tensorflow", "numpy")) == part.id
