"""Disk space of runs: counted, and given back."""

import pytest

from core.errors import JobError, NotFoundError
from core.jobs import housekeeping
from core.jobs.store.dispatch import Dispatcher
from core.jobs.store.lease import Lease, Update
from core.jobs.store.store import Child
from tests.jobs.finished import finish
from tests.jobs.told import told


def stopped_with_checkpoint(store, workspace):
    """Return the id of a stopped run with a checkpoint of 1,000 bytes."""
    id = store.submit(told("descend", {"steps": 9}), 5)
    claim = Dispatcher(store.database, "here").claim("background", {"numpy"}, "here")
    lease = Lease(store.database, id, claim.attempt)
    lease.start()
    folder = workspace.artifacts(id) / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "1-1.npz").write_bytes(b"x" * 1000)
    lease.beat(Update(checkpoints=[{"name": "1-1.npz", "sha256": "", "size_bytes": 1000}]))
    lease.settle("stopped")
    return id


def test_results_checkpoints_and_log_are_counted_apart(store, workspace):
    id = stopped_with_checkpoint(store, workspace)
    (workspace.artifacts(id) / "dense.h5").write_bytes(b"x" * 300)
    workspace.log(id).write_bytes(b"x" * 20)
    use = housekeeping.disk_use(workspace, id)
    assert (use.results_bytes, use.checkpoints_bytes, use.log_bytes) == (300, 1000, 20)
    assert use.total_bytes == 1320
    assert housekeeping.disk_use(workspace, "0" * 16).total_bytes == 0


def test_checkpoints_of_an_ended_run_can_go(store, workspace):
    id = stopped_with_checkpoint(store, workspace)
    assert housekeeping.delete_checkpoints(store, workspace, id) == 1000
    assert housekeeping.disk_use(workspace, id).checkpoints_bytes == 0
    store.resume(id)
    claim = Dispatcher(store.database, "here").claim("background", {"numpy"}, "here")
    assert Lease(store.database, id, claim.attempt).start() == []
    with pytest.raises(JobError, match="still needs its checkpoints"):
        housekeeping.delete_checkpoints(store, workspace, id)


def test_deleting_a_run_deletes_its_files(store, workspace):
    id = finish(store, workspace, "descend", {"steps": 3}, 0)
    workspace.log(id).write_bytes(b"x" * 20)
    assert housekeeping.delete_run(store, workspace, id) == 20 + 128 + 32 * 8
    assert not workspace.artifacts(id).exists()
    with pytest.raises(NotFoundError):
        store.get(id)


def test_a_run_that_another_one_starts_from_is_kept(store, workspace):
    dense = finish(store, workspace, "descend", {"steps": 3}, 0)
    store.submit(told("prune", {"dense": dense}), 0)
    with pytest.raises(JobError, match="1 unfinished runs start from it"):
        housekeeping.delete_run(store, workspace, dense)


def test_a_run_that_a_list_in_the_settings_names_is_kept(store, workspace):
    point = finish(store, workspace, "descend", {"steps": 3}, 0)
    store.submit(told("behaviour", {"points": [point]}), 0)
    with pytest.raises(JobError, match="1 unfinished runs start from it"):
        housekeeping.delete_run(store, workspace, point)
    store.stop(store.jobs(kind="behaviour")[0].id)
    housekeeping.delete_run(store, workspace, point)
    assert not store.exists(point)


def test_a_parent_is_kept_while_an_unfinished_run_starts_from_a_part(store, workspace):
    sweep = store.submit(told("sweep"), 0)
    [point, later] = store.submit_children(
        sweep, [Child(told("descend", {"n": n}), 0) for n in range(2)]
    )
    store.stop(sweep)
    heir = store.submit(told("prune", {"dense": later.id}), 0)
    with pytest.raises(JobError, match=rf"it or its parts \(for instance {heir}\)"):
        housekeeping.delete_run(store, workspace, sweep)
    assert store.exists(point.id)


def test_parts_that_start_from_one_another_are_deleted_together(store, workspace):
    sweep = store.submit(told("sweep"), 0)
    [dense] = store.submit_children(sweep, [Child(told("train"), 0)])
    [point] = store.submit_children(sweep, [Child(told("prune", {"dense": dense.id}), 0)])
    assert housekeeping.unfinished_heirs(store, sweep) == []
    assert [job.id for job in housekeeping.unfinished_heirs(store, dense.id)] == [point.id]


def test_a_parent_is_counted_with_the_parts_only_it_needs(store, workspace):
    sweep, other = (store.submit(told("sweep", {"n": n}), 0) for n in range(2))
    own, shared = store.submit_children(
        sweep, [Child(told("prune", {"n": n}), 0) for n in range(2)]
    )
    store.submit_children(other, [Child(told("prune", {"n": 1}), 0)])
    for id, size in ((sweep, 1), (own.id, 10), (shared.id, 100)):
        workspace.artifacts(id).mkdir(parents=True)
        (workspace.artifacts(id) / "file").write_bytes(b"x" * size)
    use, parts = housekeeping.family_use(store, workspace, sweep)
    assert (use.results_bytes, parts) == (11, 1)  # the shared one stays when this sweep goes
