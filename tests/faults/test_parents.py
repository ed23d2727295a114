"""Kill whoever waits for a parsing child, or takes an upload: nobody goes on, nothing is left."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.stale_files import remove_stale
from tests.browser.server import serve
from tests.inputs import build
from tests.inputs.test_upload_endpoint import MEBIBYTE, opened, server_at, upload
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


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_a_web_server_that_ends_during_an_upload_leaves_nothing(tmp_path, name):
    with serve(ROOT / "app.py", tmp_path) as url, opened(url.removeprefix("http://")) as session:
        server = server_at(url)
        family = [server, *server.children(recursive=True)]
        assert upload(session, [MEBIBYTE] * 3, "whole") == 204

        def endless():
            yield MEBIBYTE * 3
            server.send_signal(getattr(signal, name))
            while server.is_running() and server.status() != psutil.STATUS_ZOMBIE:
                yield MEBIBYTE

        status = 0
        with contextlib.suppress(OSError, http.client.HTTPException):
            status = upload(session, endless(), "half")
        assert status != 204
        until(lambda: not any(is_alive(each) for each in family), 30)
    assert [path for path in (tmp_path / "scratch").rglob("*") if path.is_file()] == []


def is_alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
