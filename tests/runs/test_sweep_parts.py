"""A sweep that is done and lacks a network is queued again when it is started once more."""

import pytest
import sqlalchemy as sa

from core.jobs.store.schema import JOB
from core.jobs.store.store import Child, Store
from core.pruning.search.spec import FailedRun, SweepResult, SweepSpec
from core.pruning.spec import PruneSpec
from core.runs.sweep_parts import reopen
from core.workspace import Workspace
from tests.runs.finished_lab import begin, fill, settle


@pytest.fixture
def swept(tmp_path):
    """Return the store, a sweep of two networks, and their ids; the second one failed."""
    workspace = Workspace(tmp_path)
    ids = fill(workspace)
    store = Store(workspace.store_url)
    spec = SweepSpec(
        methods=("snip",), sparsities=(0.5, 0.6), epochs=1, data=ids["data"], dense=ids["dense"]
    )
    sweep = store.submit(spec, 0)
    parts = [
        Child(PruneSpec(data=ids["data"], dense=ids["dense"], plan=run.plan), run.seed)
        for run in spec.runs()
    ]
    made = [job.id for job in store.submit_children(sweep, parts)]
    begin(store, made[0]).settle("done", store.get(ids["magnitude-0.95"]).result)
    begin(store, made[1]).settle("failed", error="no memory")
    yield store, sweep, made, ids
    store.close()


def ended(swept, **values):
    store, sweep, _, ids = swept
    settle(store, sweep, SweepResult(dense=ids["dense"], **values))


def test_a_sweep_that_has_all_is_left_alone(swept):
    store, sweep, made, _ = swept
    ended(swept, points=(made[0],))
    assert not reopen(store, sweep)
    assert store.get(sweep).state == "done"


def test_a_sweep_of_an_imported_network_has_all_too(swept):
    store, sweep, made, ids = swept
    ended(swept, points=(made[0],))
    with store.database.write() as connection:
        connection.execute(sa.update(JOB).where(JOB.c.id == ids["dense"]).values(imported=1))
    assert not store.is_known(ids["dense"])
    assert not reopen(store, sweep)


def test_what_failed_is_tried_again(swept):
    store, sweep, made, _ = swept
    ended(swept, points=(made[0],), failed=(FailedRun(made[1], "snip", 0.6, "no memory"),))
    assert reopen(store, sweep)
    states = [store.get(id).state for id in (sweep, *made)]
    assert states == ["queued", "done", "queued"]
    again = store.get(sweep)
    assert (again.result, again.started, again.done, again.total) == (None, None, 0.0, 0.0)


def test_what_was_deleted_is_asked_for_again_by_the_sweep(swept):
    store, sweep, made, _ = swept
    ended(swept, points=(made[0],))
    store.delete(made[0])
    assert reopen(store, sweep)
    assert store.get(sweep).state == "queued"
    assert not reopen(store, sweep)  # it is at work on it


@pytest.mark.parametrize("id", ["f" * 16, "dense"])
def test_other_runs_are_left_alone(swept, id):
    store, _, _, ids = swept
    assert not reopen(store, ids.get(id, id))
