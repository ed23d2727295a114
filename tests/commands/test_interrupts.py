"""Ctrl+C and SIGTERM at any moment of any command: one sentence, no child, nothing half-written."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.jobs.engine import control
from core.jobs.store.store import Store
from core.processes import module_command, module_variables
from core.workspace import open_workspace
from tests.inputs import build
from tests.jobs.watching import until

pytestmark = pytest.mark.slow  # processes

ROOT = Path(__file__).parents[2]
NOTHING_LEFT = "Interrupted: nothing half-written is left."


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PARETO_LAB_HOME", str(tmp_path / "lab"))
    yield tmp_path
    control.stop(open_workspace())


def begin(home, *arguments):
    """Start a command with --json, as a shell would: in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "core", *map(str, arguments), "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(process, number):
    """Interrupt it twice, as impatient people do; return its error, and check the contract."""
    family = [p for p in psutil.Process(process.pid).children(recursive=True) if not is_engine(p)]
    os.killpg(process.pid, number)
    time.sleep(0.05)
    process.send_signal(number)
    printed, told = process.communicate(timeout=60)
    assert process.returncode == 1
    error = json.loads(printed.splitlines()[-1])["error"]
    assert told.splitlines()[-1] == error
    assert "Traceback" not in told
    psutil.wait_procs(family, timeout=10)
    assert [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []
    return error


def is_engine(process):
    try:
        return "core.jobs.engine.daemon" in process.cmdline()
    except psutil.Error:
        return False


def scratch(home):
    folder = home / "lab" / "scratch"
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl+C", "SIGTERM"])
def test_while_a_data_set_is_read_in_the_child(home, number):
    path = home / "x.tar.gz"
    images, labels = build.images(60_000), build.labels(60_000)
    path.write_bytes(build.course(train_images=images, train_labels=labels))
    process = begin(home, "train", "--data", path, "--out", home / "dense.h5")
    until(lambda: psutil.Process(process.pid).children(recursive=True), 120)
    assert end(process, number).startswith(NOTHING_LEFT)
    assert scratch(home) == []
    assert [p.name for p in home.iterdir() if p.name[0] == "."] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl+C", "SIGTERM"])
def test_while_its_run_is_at_work(home, number):
    process = begin(home, "federate", "--rounds", "100000", "--out", home / "history.csv")
    store = Store(open_workspace().store_url)
    until(lambda: store.jobs(states=["running"]), 120)
    error = end(process, number)
    [job] = store.jobs()
    assert error == f"Stopped. The same command goes on from the last checkpoint (run {job.id})."
    until(lambda: store.get(job.id).state == "stopped", 60)
    store.close()
    assert not (home / "history.csv").exists()


def test_while_its_modules_are_still_imported(home):
    """The hook stands for any of the seconds that imports take."""
    (home / "hook").mkdir()
    (home / "hook" / "sitecustomize.py").write_text(
        "import sys, time\n"
        "class Slow:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'core.commands.command_line':\n"
        "            print('importing', flush=True); time.sleep(60)\n"
        "sys.meta_path.insert(0, Slow())\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(home / "hook"), prepend=os.pathsep)
        process = begin(home, "methods")
    assert process.stdout.readline() == "importing\n"
    assert end(process, signal.SIGINT).startswith(NOTHING_LEFT)


def test_while_files_are_graded(home):
    data, weights = home / "hidden.npz", home / "bob.h5"
    images = np.zeros((10, 25, 25, 3), np.uint8)
    np.savez(data, test_images=images, test_labels=np.arange(10) % 5)
    weights.write_bytes(b"no weights at all" * 1000)
    files = [weights] * 40
    process = begin(home, "grade", *files, "--data", data, "--gradescope", home / "results.json")
    until(lambda: scratch(home), 120)
    assert end(process, signal.SIGTERM).startswith(NOTHING_LEFT)
    assert scratch(home) == []
    assert not (home / "results.json").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl+C", "SIGTERM"])
def test_the_dashboard_says_that_it_has_ended(home, number):
    process = subprocess.Popen(
        module_command("core", "serve", "--port", "0"),
        cwd=home,
        env=os.environ | module_variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr.readline().startswith("Pareto Lab: http://127.0.0.1:")
    server = psutil.Process(process.pid)
    until(lambda: "pages.server" in server.cmdline() and server.net_connections("inet"), 120)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 0
    assert told.splitlines()[-1] == "The server has ended; jobs go on."
    assert "Traceback" not in told


@pytest.mark.parametrize("coding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_of_any_coding_shows_every_listing(home, coding):
    for command in ("methods", "algorithms", "datasets", "--help"):
        ran = subprocess.run(
            [sys.executable, "-m", "core", command],
            cwd=ROOT,
            env=os.environ | {"PYTHONIOENCODING": coding, "LC_ALL": "C", "PYTHONUTF8": "0"},
            capture_output=True,
        )
        assert (ran.returncode, ran.stderr) == (0, b"")
        assert ran.stdout
