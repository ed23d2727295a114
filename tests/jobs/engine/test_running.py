"""What an engine thinks of runners that have been at work for long."""

from concurrent.futures import Future

import pytest

from core.jobs.engine.daemon import Engine
from core.jobs.engine.lock import FileLock
from core.jobs.engine.running import BEGIN_SECONDS, HERE, RunnerHandle
from core.jobs.store.dispatch import Dispatcher
from tests.jobs.told import told


@pytest.fixture
def engine(workspace):
    return Engine(workspace, FileLock(workspace.engine_lock), None)


def long_at_work(engine, job_id):
    """Let the engine look at a runner that was sent off for this job long ago."""
    handle = RunnerHandle(HERE, "numpy", job_id, Future(), since=-2 * BEGIN_SECONDS)
    engine._running["runner"] = handle
    engine._collect()
    return "runner" in engine._running


def test_a_runner_whose_first_job_was_deleted_since_is_at_work(engine):
    assert long_at_work(engine, "0" * 16)


def test_a_runner_that_did_not_begin_its_job_for_minutes_was_lost(engine, store):
    id = store.submit(told("descend", {"steps": 1}), 0)
    Dispatcher(store.database, engine.owner).claim("background", {"numpy"}, "runner")
    assert not long_at_work(engine, id)
