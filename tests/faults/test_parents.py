"""Kill whoever waits for a parsing child: no child goes on, and nothing of the file is left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.stale_files import remove_stale
from tests.inputs import build
from tests.jobs.watching import until

pytestmark = pytest.mark.slow  # processes

ROOT = Path(__file__).parents[2]
PARSE = """
import sys
from pathlib import Path
from core.data.uploads import dataset_reader
dataset_reader.read("x.tar.gz", Path(sys.argv[1]), scratch=Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def slow_file(tmp_path_factory):
    """A data set that takes seconds to read."""
    path = tmp_path_factory.mktemp("given") / "x.tar.gz"
    images, labels = build.images(60_000), build.labels(60_000)
    path.write_bytes(build.course(train_images=images, train_labels=labels))
    return path


def children_at_work(scratch):
    found = []
    for process in psutil.process_iter(["cmdline", "cwd", "status"]):
        line, where = process.info["cmdline"] or [], process.info["cwd"] or ""
        if "core.archives.child" in line and where.startswith(str(scratch)):
            found.append(process)
    return found


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_a_child_ends_with_the_parent_that_waits_for_it(tmp_path, slow_file, name):
    command = [sys.executable, "-c", PARSE, str(slow_file), str(tmp_path)]
    parent = subprocess.Popen(command, cwd=ROOT)
    until(lambda: children_at_work(tmp_path), 120)
    parent.send_signal(getattr(signal, name))
    parent.wait(30)
    until(lambda: not children_at_work(tmp_path), 10)
    for held in tmp_path.glob("*/.held"):
        os.utime(held, (time.time() - 60,) * 2)
    remove_stale(tmp_path)
    assert list(tmp_path.iterdir()) == []
