"""A living engine: real processes, a real store, and kills at bad moments."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.jobs.engine import control
from core.jobs.engine.lock import is_held
from core.jobs.runner.process_priority import NICENESS
from core.jobs.store.database import BUSY_TIMEOUT_SECONDS
from core.jobs.store.dispatch import Dispatcher, engines
from tests.jobs.told import told
from tests.jobs.watching import (
    assert_every_step_is_there_once,
    processes,
    runners,
    undisturbed,
    until,
)
from tests.jobs.watching import engines as engine_processes

pytestmark = pytest.mark.slow  # processes

SLOW = {"steps": 60, "pause": 0.03, "save_every": 5}


def started(store, job_id, steps=1):
    """Wait until a job has done some steps."""
    return until(lambda: store.get(job_id).done >= steps and store.get(job_id))


def test_a_job_gives_the_same_bits_as_the_bare_function(lab, tmp_path):
    settings = {"steps": 20}
    id = lab.submit(told("descend", settings), 3)
    job = lab.wait(id, 60)
    assert (job.state, job.error, job.attempt) == ("done", None, 1)
    assert job.result == undisturbed("descend", settings, 3, tmp_path / "bare")
    assert_every_step_is_there_once(lab, id, 20)
    assert job.done == job.total == 20


def test_a_killed_runner_continues_from_its_checkpoint_bit_for_bit(lab, workspace, tmp_path):
    id = lab.submit(told("descend", SLOW), 4)
    started(lab, id, 12)
    [runner] = runners(workspace.root)
    runner.kill()
    job = lab.wait(id, 60)
    assert (job.state, job.attempt) == ("done", 2)
    assert job.result == undisturbed("descend", SLOW, 4, tmp_path / "bare")
    assert_every_step_is_there_once(lab, id, 60)
    [crash] = [event for event in lab.events(id) if event.kind == "crashed"]
    assert "signal 9" in crash.detail["why"]


def test_a_killed_engine_leaves_no_orphan_and_its_jobs_go_on(lab, workspace, tmp_path):
    ids = [lab.submit(told("descend", SLOW), seed) for seed in (5, 6)]
    for id in ids:
        started(lab, id, 7)
    [process] = engine_processes(workspace.root)
    process.kill()
    until(lambda: not processes(workspace.root))
    until(lambda: not is_held(workspace.engine_lock))  # its last threads may still be ending
    assert control.ensure(workspace)
    for id, seed in zip(ids, (5, 6), strict=True):
        job = lab.wait(id, 60)
        assert (job.state, job.crashes) == ("done", 0)
        assert job.result == undisturbed("descend", SLOW, seed, tmp_path / "bare")
        assert_every_step_is_there_once(lab, id, 60)


def test_stop_and_resume_are_bit_exact(lab, tmp_path):
    id = lab.submit(told("descend", SLOW), 7)
    started(lab, id, 8)
    assert lab.stop(id) == "stopping"
    job = lab.wait(id, 5)
    assert job.state == "stopped"
    assert job.done < 60
    lab.resume(id)
    job = lab.wait(id, 60)
    assert job.result == undisturbed("descend", SLOW, 7, tmp_path / "bare")
    assert_every_step_is_there_once(lab, id, 60)


def test_a_forced_stop_kills_one_job_and_never_its_neighbour(lab, workspace):
    deaf = lab.submit(told("ignore"), 0)
    neighbour = lab.submit(told("descend", SLOW), 8)
    started(lab, neighbour)
    until(lambda: lab.get(deaf).state == "running")
    lab.stop(deaf)
    assert lab.wait(deaf, 1).state == "stopping"
    lab.stop(deaf, force=True)
    assert lab.wait(deaf, 10).state == "stopped"
    job = lab.wait(neighbour, 60)
    assert (job.state, job.attempt) == ("done", 1)
    assert not runners(workspace.root, deaf)


def test_errors_for_people_are_sentences_and_bugs_point_to_the_log(lab, workspace):
    refused = lab.wait(lab.submit(told("refuse"), 0), 60)
    assert (refused.state, refused.error) == ("failed", "steps is -1. Choose a value from 1.")
    stumbled = lab.wait(lab.submit(told("stumble", {"index": 5}), 0), 60)
    assert stumbled.state == "failed"
    assert "IndexError" in stumbled.error
    assert "Traceback" not in stumbled.error
    assert "Traceback" in workspace.log(stumbled.id).read_text()
    unknown = lab.wait(lab.submit(told("dance"), 0), 60)
    assert "no kind of job called 'dance'" in unknown.error


def test_a_job_that_always_crashes_fails_after_three_attempts(lab):
    job = lab.wait(lab.submit(told("crash"), 0), 60)
    assert (job.state, job.attempt, job.crashes) == ("failed", 3, 3)
    assert "exit code 77" in job.error
    assert "about to crash" in job.error


def test_points_that_import_the_same_library_share_one_runner(store, workspace):
    ids = [store.submit(told("train", {"point": n}), 0) for n in range(3)]
    control.ensure(workspace)
    answers = [store.wait(id, 60) for id in ids]
    assert {job.state for job in answers} == {"done"}
    assert len({job.result["process"] for job in answers}) == 1
    assert {job.attempt for job in answers} == {1}


def test_a_runner_is_ready_before_there_is_a_job_and_leaves_when_in_the_way(store, workspace):
    control.ensure(workspace, warm="tensorflow")
    [ready] = until(lambda: runners(workspace.root))
    answers = [store.wait(store.submit(told("train", {"point": n}), 0), 180) for n in range(2)]
    assert {job.result["process"] for job in answers} == {ready.pid}
    assert store.wait(store.submit(told("whoami"), 0), 180).result["process"] != ready.pid
    assert ready.pid not in {process.pid for process in runners(workspace.root)}


def test_a_sweep_waits_for_its_points_without_holding_a_worker(lab, workspace, tmp_path):
    id = lab.submit(told("sweep", {"points": 3, **SLOW, "steps": 30}), 0)
    until(lambda: lab.get(id).state == "waiting")
    assert all("descend" not in p.cmdline() for p in runners(workspace.root, id))
    job = lab.wait(id, 60)
    settings = {**SLOW, "steps": 30}
    expected = [undisturbed("descend", settings, seed, tmp_path / "bare") for seed in range(3)]
    assert job.result == {"points": expected, "states": ["done"] * 3}
    again = lab.submit(told("sweep", {"points": 4, **SLOW, "steps": 30}), 0)
    lab.wait(again, 60)
    # The three finished points were not computed again.
    assert [point.attempt for point in lab.jobs(kind="descend")] == [1, 1, 1, 1]


def test_a_run_in_the_background_has_a_lower_priority_than_what_is_waited_for(lab, workspace):
    run = lab.submit(told("descend", SLOW | {"steps": 10_000}), 0)
    started(lab, run)
    preview = lab.wait(lab.submit(told("preview", {"value": 1}), 0), 180).result["process"]
    [background] = [p for p in runners(workspace.root) if p.pid != preview]
    assert background.nice() == max(NICENESS, os.nice(0))
    assert psutil.Process(preview).nice() == os.nice(0)
    session = Path(f"/proc/{background.pid}/autogroup")
    if session.exists():  # of Linux only, and not of every kernel
        assert session.read_text().strip().endswith(f"nice {NICENESS}")
    lab.stop(run, force=True)
    lab.wait(run, 60)


def test_a_preview_never_waits_behind_a_sweep(lab):
    sweep = lab.submit(told("sweep", {"points": 8, "steps": 400, "pause": 0.03}), 0)
    until(lambda: len(lab.jobs(states=["running"], kind="descend")) >= 1)
    first = lab.wait(lab.submit(told("preview", {"value": 1}), 0), 60)
    second = lab.wait(lab.submit(told("preview", {"value": 2}), 0), 60)
    assert (first.result["twice"], second.result["twice"]) == (2, 4)
    assert first.result["process"] == second.result["process"]  # kept warm
    assert lab.counts()["queued"] > 0  # the sweep is still far from its end
    lab.stop(sweep, force=True)
    until(lambda: set(lab.counts()) <= {"done", "stopped"})


def test_a_new_engine_removes_what_killed_processes_left_in_the_scratch_folder(workspace):
    for name, hours in (("tmp_old", 25), ("bundle-old", 25), ("bundle-young", 1)):
        (workspace.scratch / name).mkdir()
        os.utime(workspace.scratch / name, (time.time() - 3600 * hours,) * 2)
    control.ensure(workspace)
    until(lambda: [path.name for path in workspace.scratch.iterdir()] == ["bundle-young"])


def test_of_two_engines_on_one_workspace_one_lives(lab, workspace):
    [first] = engine_processes(workspace.root)
    rivals = [
        subprocess.Popen([sys.executable, "-m", "core.jobs.engine.daemon", str(workspace.root)])
        for _ in range(2)
    ]
    assert [rival.wait(timeout=60) for rival in rivals] == [0, 0]
    assert engine_processes(workspace.root) == [first]
    assert not control.ensure(workspace)
    assert len(engines(lab.database)) == 1


def freezes_outside_a_write(process, workspace):
    """Freeze it; thaw it again where it holds the store's lock, which would freeze everybody."""
    process.send_signal(signal.SIGSTOP)
    probe = sqlite3.connect(workspace.root / "jobs.db", isolation_level=None, timeout=1)
    try:
        probe.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        process.send_signal(signal.SIGCONT)
        return False
    finally:
        probe.close()
    return True


def test_a_frozen_runner_that_lost_its_lease_writes_nothing_when_it_thaws(lab, workspace, tmp_path):
    id = lab.submit(told("descend", SLOW), 9)
    started(lab, id, 7)
    [old] = runners(workspace.root)
    until(lambda: freezes_outside_a_write(old, workspace))
    [row] = engines(lab.database)
    [event] = [e for e in lab.events(id) if e.kind == "dispatched"]
    runner = next(a for a in old.cmdline() if a.startswith("--runner=")).partition("=")[2]
    Dispatcher(lab.database, row.owner).runner_ended(runner, "thought dead", own_fault=False)
    until(lambda: lab.get(id).attempt == event.attempt + 1 and lab.get(id).state == "running")
    old.send_signal(signal.SIGCONT)
    until(lambda: not old.is_running() or old.status() == "zombie")
    job = lab.wait(id, 60)
    assert (job.state, job.attempt) == ("done", 2)
    assert job.result == undisturbed("descend", SLOW, 9, tmp_path / "bare")
    assert_every_step_is_there_once(lab, id, 60)


@pytest.mark.slow
def test_forty_jobs_stopped_four_times_each_all_end_stopped(lab, workspace):
    ids = [lab.submit(told("descend", {"steps": 500, "pause": 0.05}), seed) for seed in range(40)]
    until(lambda: lab.jobs(states=["running"]))
    for _ in range(4):
        for id in ids:
            lab.stop(id)
    until(lambda: set(lab.counts()) == {"stopped"})
    until(lambda: not runners(workspace.root))
    for id in ids:
        assert [event.kind for event in lab.events(id)].count("stopped") == 1


def test_a_foreign_lock_on_the_store_only_delays(lab, workspace, tmp_path):
    id = lab.submit(told("descend", SLOW), 10)
    started(lab, id, 5)
    foreign = sqlite3.connect(workspace.root / "jobs.db", isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    time.sleep(2 * BUSY_TIMEOUT_SECONDS)  # much longer than the patience of a single write
    assert lab.get(id).state == "running"  # reading does not wait
    assert lab.metrics(id)["loss"]
    foreign.execute("ROLLBACK")
    foreign.close()
    job = lab.wait(id, 60)
    assert (job.state, job.attempt) == ("done", 1)
    assert job.result == undisturbed("descend", SLOW, 10, tmp_path / "bare")
    assert_every_step_is_there_once(lab, id, 60)


CLOCK_JUMPS = """
import random, time
real = time.time
time.time = lambda: real() + random.Random(int(time.monotonic() / 2)).uniform(-1e6, 1e6)
"""


def test_a_jumping_clock_changes_no_result_and_no_estimate(store, workspace, tmp_path, monkeypatch):
    folder = tmp_path / "clock"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(CLOCK_JUMPS)
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.environ['PYTHONPATH']}")
    settings = {"steps": 120, "pause": 0.05}
    id = store.submit(told("descend", settings), 11)
    control.ensure(workspace)
    left = until(lambda: store.get(id).seconds_left)
    assert 0 < left < 30  # about 120 steps of 0.05 s in all
    job = store.wait(id, 60)
    assert (job.state, job.attempt) == ("done", 1)
    assert job.result == undisturbed("descend", settings | {"pause": 0}, 11, tmp_path / "bare")
    assert_every_step_is_there_once(store, id, 120)


def test_an_engine_that_was_asked_to_end_gives_its_jobs_back(lab, workspace):
    id = lab.submit(told("descend", SLOW), 12)
    started(lab, id, 6)
    assert control.stop(workspace)
    assert not is_held(workspace.engine_lock)
    assert not control.stop(workspace)
    job = lab.get(id)
    assert (job.state, job.crashes) == ("queued", 0)
    control.ensure(workspace)
    assert lab.wait(id, 60).state == "done"


def test_an_engine_ends_after_its_runners_and_takes_a_frozen_one_with_it(lab, workspace):
    started(lab, lab.submit(told("descend", SLOW), 13), 6)
    [runner] = runners(workspace.root)
    runner.suspend()
    assert control.stop(workspace)
    assert processes(workspace.root) == []


def test_the_status_says_whether_the_engine_runs(workspace, store):
    assert not control.status(workspace).running
    control.ensure(workspace)
    until(lambda: control.status(workspace, store).address)
    status = control.status(workspace, store)
    assert status.running
    assert status.address == "this machine"
    assert (status.note, status.jobs) == ("", {})


def test_an_engine_ends_when_its_workspace_is_deleted(workspace, store):
    control.ensure(workspace)
    workspace.engine_lock.unlink()
    until(lambda: not engine_processes(workspace.root))


def test_a_deleted_store_begins_anew_with_a_new_engine(lab, workspace, tmp_path):
    """Nobody goes on with the file that has no name any more."""
    lab.wait(lab.submit(told("descend", {"steps": 3}), 0), 60)
    [first] = engine_processes(workspace.root)
    for file in workspace.root.glob("jobs.db*"):
        file.unlink()
    until(lambda: not first.is_running(), seconds=20)
    assert lab.jobs() == []  # the store that was open follows, too
    control.ensure(workspace)
    job = lab.wait(lab.submit(told("descend", {"steps": 3}), 1), 60)
    assert job.result == undisturbed("descend", {"steps": 3}, 1, tmp_path / "bare")


def test_the_engine_never_imports_tensorflow(lab, workspace):
    lab.wait(lab.submit(told("descend", {"steps": 3}), 0), 60)
    [process] = engine_processes(workspace.root)
    mapped = {os.path.basename(region.path) for region in process.memory_maps()}
    assert not [name for name in mapped if "tensorflow" in name]
