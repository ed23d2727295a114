"""What the command line writes is whole, private in the workspace, and the person's own outside."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from core.jobs.engine import control
from core.workspace import open_workspace
from tests.second_user import as_somebody_else

pytestmark = pytest.mark.slow  # processes

ROOT = Path(__file__).parents[2]
FEDERATE = ["federate", "--rounds", "2", "--data", "synthetic:0.5,0.5"]


@pytest.fixture
def home(monkeypatch):
    """A workspace where another user might look: pytest's own folders are closed to them."""
    with tempfile.TemporaryDirectory(prefix="pareto-") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setenv("PARETO_LAB_HOME", f"{folder}/lab")
        yield Path(folder)
        control.stop(open_workspace())


def core(umask, *arguments):
    """Run a command under a umask; return its exit status, its JSON and its error output."""
    ran = subprocess.run(
        [sys.executable, "-m", "core", *map(str, arguments), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        umask=umask,
        timeout=300,
    )
    return ran.returncode, json.loads(ran.stdout.splitlines()[-1]), ran.stderr


def open_to_others(folder):
    """Return what is in a folder, and the folder, that others may read, write or enter."""
    found = (folder, *folder.rglob("*"))
    return [path for path in found if path.stat().st_mode & 0o077 and not path.is_symlink()]


def test_nothing_of_a_workspace_is_open_to_others_under_any_umask(home):
    rng = np.random.default_rng(0)
    images = {f"{part}_images": rng.integers(0, 255, (10, 8, 8, 3), np.uint8)
              for part in ("train", "val", "test")}  # fmt: skip
    labels = {f"{part}_labels": np.arange(10) % 5 for part in ("train", "val", "test")}
    np.savez(home / "data.npz", **images, **labels)
    status, answer, told = core(0, *FEDERATE, "--out", home / "history.csv")
    assert status == 0, told
    federate = ["federate", "--rounds", "1", "--data", home / "data.npz", "--background"]
    assert core(0, *federate)[0] == 0
    lab = home / "lab"
    assert (lab / "jobs" / answer["run"] / "history.csv").is_file()  # by the runner
    assert (lab / "logs" / "engine.log").is_file()  # by the engine
    assert list((lab / "datasets").iterdir())  # by the command, from a child's spool
    assert open_to_others(lab) == []
    assert (home / "history.csv").stat().st_mode & 0o777 == 0o666  # the person's own umask
    look = [*as_somebody_else(), "find", str(home), "-type", "f", "-readable"]
    seen = subprocess.run(look, capture_output=True, text=True, cwd="/")
    assert {Path(line).name for line in seen.stdout.splitlines()} == {"history.csv", "data.npz"}
    assert f"{lab}’: Permission denied" in seen.stderr or f"{lab}': Permission" in seen.stderr


FULL = """
import signal, resource, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from core.__main__ import main
from core.commands import session
class Full(session.Session):
    def output(self, path):
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))  # as a full disk
        return super().output(path)
import core.commands.command_line
core.commands.command_line.Session = Full
status = main(sys.argv[1:])
sys.exit(status)
"""


@pytest.mark.parametrize("command", ["federate", "report"])
def test_a_full_disk_spares_the_output_that_was_there(home, command):
    out = home / "out"
    status, answer, told = core(0o077, *FEDERATE, "--out", home / "history.csv")
    assert status == 0, told
    out.write_text("precious")
    commands = {"federate": FEDERATE, "report": ["report", answer["run"]]}
    ran = subprocess.run(
        [sys.executable, "-c", FULL, *commands[command], "--out", str(out), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    error = json.loads(ran.stdout.splitlines()[-1])["error"]
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert error.startswith(f"{out} could not be written (File too large). Free some disk space")
    assert out.read_text() == "precious"
    assert sorted(path.name for path in home.iterdir()) == ["history.csv", "lab", "out"]
