"""A full disk makes a job wait, not die."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.jobs.conftest import ROOT

pytestmark = pytest.mark.slow  # a file system of its own


@pytest.mark.parametrize("which", ["whole", "artifacts"])
def test_a_job_waits_while_the_disk_is_full_and_then_goes_on(tmp_path, which):
    unshare = shutil.which("unshare")
    assert unshare, "This test fills a small disk of its own: apt-get install util-linux"
    as_root = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    command = [unshare, *as_root, sys.executable, "-m", "tests.jobs.full_disk"]
    ran = subprocess.run(
        [*command, str(tmp_path), which], cwd=ROOT, capture_output=True, text=True, timeout=180
    )
    assert ran.returncode == 0, ran.stderr
