"""The runner's Progress against a real store: what is written when, and what is read back."""

import numpy as np
import pytest

from core.jobs.runner.checkpoint import CheckpointFolder, Pointer
from core.jobs.runner.reporting import Reporter
from core.jobs.runner.runner import JOBS_PER_RUNNER, LULL_SECONDS, RunnerArgs, patience
from core.jobs.store.dispatch import Dispatcher
from core.jobs.store.lease import Fenced, Lease
from core.progress import Stopped
from tests.jobs.told import told
from tests.jobs.watching import until


class Attempts:
    """Makes one attempt after the other at the one job of a store."""

    def __init__(self, store, workspace):
        self.store, self.workspace = store, workspace
        self.job_id = store.submit(told("descend", {"steps": 9}), 0)
        self.dispatcher = Dispatcher(store.database, "here")
        self.folder = CheckpointFolder(workspace, self.job_id, None)
        self.count = 0

    def begin(self):
        """Lose the current attempt, if any, and return the Reporter of the next."""
        self.dispatcher.runner_ended(f"r{self.count}", "test", own_fault=False)
        self.count += 1
        claim = self.dispatcher.claim("background", {"numpy"}, f"r{self.count}")
        self.lease = Lease(self.store.database, self.job_id, claim.attempt)
        pointers = [Pointer(**row) for row in self.lease.start()]
        return Reporter(self.lease, self.folder, pointers)


@pytest.fixture
def attempts(store, workspace):
    return Attempts(store, workspace)


def state(step):
    return {"step": np.array(step), "weights": np.arange(step)}


def test_a_later_attempt_loads_what_the_one_before_saved(attempts):
    first = attempts.begin()
    assert first.load() is None
    first.save(state(3))
    second = attempts.begin()
    assert int(second.load()["step"]) == 3


def test_metrics_reach_the_store_with_the_checkpoint_that_follows_them(attempts, store):
    first = attempts.begin()
    for step in (1, 2, 3):
        first.record(step, loss=1 / step)
    first.save(state(3))
    assert [step for step, _ in store.metrics(attempts.job_id)["loss"]] == [1, 2, 3]


@pytest.mark.parametrize("damage", ["truncated", "missing"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(attempts, store, damage):
    first = attempts.begin()
    first.save(state(3))
    first.save(state(4))
    newest = attempts.folder.folder / "1-2.npz"
    if damage == "missing":
        newest.unlink()
    else:
        newest.write_bytes(newest.read_bytes()[:50])
    second = attempts.begin()
    assert int(second.load()["step"]) == 3
    told = [e for e in store.events(attempts.job_id) if e.kind == "checkpoint damaged"]
    assert [event.detail for event in told] == [{"name": "1-2.npz"}]
    second.save(state(4))
    assert int(attempts.begin().load()["step"]) == 4


def test_when_no_checkpoint_is_whole_the_job_starts_afresh(attempts):
    first = attempts.begin()
    first.save(state(3))
    (attempts.folder.folder / "1-1.npz").write_bytes(b"")
    assert attempts.begin().load() is None


def test_two_checkpoints_are_kept(attempts):
    reporter = attempts.begin()
    for step in range(1, 6):
        reporter.save(state(step))
    names = sorted(path.name for path in attempts.folder.folder.iterdir())
    assert names == ["1-4.npz", "1-5.npz"]


def test_the_wish_to_stop_is_heard_and_the_state_saved_first(attempts, store):
    reporter = attempts.begin()
    store.stop(attempts.job_id)

    def hears():
        try:
            reporter.report(1, 9)
        except Stopped:
            return True
        return False

    until(hears, 10)
    with pytest.raises(Stopped):
        reporter.save(state(5))
    attempts.lease.settle("stopped")
    store.resume(attempts.job_id)
    assert int(attempts.begin().load()["step"]) == 5


def test_what_was_reported_last_is_there_after_closing(attempts, store):
    reporter = attempts.begin()
    reporter.report(7, 9, "nearly")
    reporter.record(7, loss=0.5)
    reporter.close()
    job = store.get(attempts.job_id)
    assert (job.done, job.total, job.message) == (7, 9, "nearly")
    assert store.metrics(job.id) == {"loss": [(7, 0.5)]}


def test_the_same_step_recorded_in_parts_has_all_its_values(attempts, store):
    reporter = attempts.begin()
    reporter.record(1, loss=0.5)
    reporter.record(1, accuracy=0.25)
    reporter.record(1, loss=0.125)
    reporter.close()
    assert store.metrics(attempts.job_id) == {"accuracy": [(1, 0.25)], "loss": [(1, 0.125)]}


def test_a_lost_attempt_can_neither_save_nor_delete(attempts):
    lost = attempts.begin()
    lost.save(state(3))
    current = attempts.begin()
    current.load()
    current.save(state(4))
    with pytest.raises(Fenced):
        lost.save(state(99))
    assert int(attempts.begin().load()["step"]) == 4


@pytest.mark.parametrize(
    ("resources", "at_last"), [("interactive", LULL_SECONDS), ("tensorflow", None), ("light", None)]
)
def test_only_a_runner_that_nobody_looks_at_leaves_between_two_jobs(tmp_path, resources, at_last):
    args = RunnerArgs(tmp_path, "engine", "runner", "job", 1, resources, idle_seconds=600.0)
    assert patience(JOBS_PER_RUNNER - 1, args) == 600.0
    assert patience(JOBS_PER_RUNNER, args) == patience(JOBS_PER_RUNNER + 1, args) == at_last
