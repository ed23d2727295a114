"""An engine that is there and does not answer is told, with what helps."""

import json
import signal
import subprocess
import sys

import pytest

from core.errors import JobError
from core.jobs.engine import control, watch
from core.jobs.engine.lock import FileLock, is_held
from core.jobs.engine.watch import EngineWatch
from core.jobs.store.dispatch import Dispatcher, location_name
from tests.jobs.conftest import ROOT
from tests.jobs.told import told
from tests.jobs.watching import engines, processes, until


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watched(workspace, store, clock):
    """A watch of a workspace whose engine's lock is held."""
    lock = FileLock(workspace.engine_lock)
    assert lock.acquire()
    yield EngineWatch(workspace, store, clock)
    lock.release()


def beat(store, workspace, count):
    Dispatcher(store.database, "me").beat(location_name(workspace.root), count, "here", "")


def test_an_engine_that_says_so_every_second_is_well(watched, workspace, store, clock):
    for count in range(30):
        beat(store, workspace, count)
        clock.seconds += 1
        assert watched.trouble() == ""


def test_ten_seconds_without_a_sign_of_life_are_told_with_the_remedy(
    watched, workspace, store, clock
):
    beat(store, workspace, 1)
    watched.trouble()
    clock.seconds += 9
    assert watched.trouble() == ""
    clock.seconds += 14
    trouble = watched.trouble()
    assert trouble.startswith("The engine has not answered for 23 s.")
    assert "python -m core engine stop" in trouble
    beat(store, workspace, 2)
    clock.seconds += 1
    assert watched.trouble() == ""


def test_an_engine_that_never_began_is_told_too(watched, clock):
    assert watched.trouble() == ""
    clock.seconds += 11
    assert "has not answered for 11 s" in watched.trouble()


def test_without_an_engine_nobody_is_silent(workspace, store, clock):
    alone = EngineWatch(workspace, store, clock)
    clock.seconds += 100
    assert alone.trouble() == ""


def test_a_full_disk_is_told_before_the_silence_it_causes(watched, clock, monkeypatch):
    monkeypatch.setattr(watch, "LEAST_FREE_BYTES", 2**60)
    clock.seconds += 60
    trouble = watched.trouble()
    assert "is full" in trouble
    assert "free some space, and they go on by themselves" in trouble


def core(*arguments, timeout=120):
    ran = subprocess.run(
        [sys.executable, "-m", "core", *arguments, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    return ran.returncode, json.loads(ran.stdout.splitlines()[-1]), ran.stderr


@pytest.mark.slow
def test_a_frozen_engine_is_told_of_and_can_be_ended(store, workspace, monkeypatch):
    monkeypatch.setenv("PARETO_LAB_HOME", str(workspace.root))
    control.ensure(workspace)
    until(lambda: control.status(workspace, store).address)
    assert core("engine", "status")[1]["note"] == ""
    [process] = engines(workspace.root)
    process.send_signal(signal.SIGSTOP)
    status, found, _ = core("engine", "status")
    assert (status, found["running"]) == (0, True)
    assert found["note"].startswith("The engine has not answered for 4 s.")
    id = store.submit(told("descend", {"steps": 3}), 0)
    assert core("engine", "stop")[1]["running"] is False
    assert not process.is_running() or process.status() == "zombie"
    control.ensure(workspace)
    assert store.wait(id, 60).state == "done"
    control.stop(workspace)


@pytest.mark.slow
def test_the_command_line_says_that_the_engine_is_frozen(store, workspace, monkeypatch):
    monkeypatch.setenv("PARETO_LAB_HOME", str(workspace.root))
    monkeypatch.delenv("PARETO_LAB_TASKS")
    control.ensure(workspace)
    until(lambda: control.status(workspace, store).address)
    [process] = engines(workspace.root)
    process.send_signal(signal.SIGSTOP)
    command = [sys.executable, "-m", "core", "federate", "--rounds", "2", "--out", "/dev/null"]
    waiting = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    said = ""
    while "not answered" not in said:
        said = waiting.stderr.readline()
        assert said
    assert "python -m core engine stop" in said
    process.send_signal(signal.SIGCONT)
    waiting.communicate(timeout=120)
    assert waiting.returncode == 0
    control.stop(workspace)


@pytest.mark.slow
def test_an_engine_that_cannot_start_says_why_in_one_sentence(workspace, store):
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE schema_version SET version = 99")
    with pytest.raises(JobError, match=r"cannot start \(The store of runs has") as refused:
        control.ensure(workspace)
    assert "Traceback" not in str(refused.value)
    assert str(workspace.log("engine")) in str(refused.value)
    assert not is_held(workspace.engine_lock)
    assert processes(workspace.root) == []
