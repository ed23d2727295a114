"""The short form of `python -m tests.faults`: a few kills at random instants."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.__main__ import Blow, Findings

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
@pytest.mark.cluster
@pytest.mark.parametrize(
    "where",
    [
        pytest.param([], id="dask"),  # engine and runners of this machine are killed here, too
        pytest.param(["--no-dask"], id="this machine", marks=pytest.mark.nightly),
    ],
)
def test_jobs_survive_kills_at_random_instants(tmp_path, where):
    command = [sys.executable, "-m", "tests.faults", "--kills", "6", "--seed", "2"]
    ran = subprocess.run(
        [*command, "--jobs", "3", "--no-web", *where],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 orphan processes; store integrity ok" in ran.stdout


def test_findings_are_bad_when_anything_differs():
    findings = Findings({}, {}, integrity="ok")
    assert findings.good
    findings.orphans = 1
    assert not findings.good
    assert not Findings({}, {}, wrong=["train 1"], integrity="ok").good
    assert not Findings({}, {}, integrity="row missing").good


def test_a_recovery_lasts_from_the_kill_to_the_next_attempt():
    findings = Findings({}, {"runner": []}, blows=[Blow("runner", 10.0, {"a": 1})])
    findings.note_start("a", 1, 5.0)
    findings.note_start("b", 2, 11.0)
    findings.note_start("a", 2, 12.5)
    assert findings.recoveries == {"runner": [2.5]}
