"""Uploads lie on the disk: the server's memory does not grow, each window and all have limits."""

import contextlib
import io
import os
import sys
import uuid
from pathlib import Path

import pytest
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from core.archives.limits import MIB
from core.errors import UploadError
from pages.server.upload_store import UploadStore
from tests.browser.server import ROOT, serve
from tests.inputs.test_upload_endpoint import MEBIBYTE, opened, server_at, upload
from tests.jobs.watching import until


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A store of 10 and 25 bytes, in a workspace of its own."""
    monkeypatch.setenv("PARETO_LAB_HOME", str(tmp_path))
    store = UploadStore("/upload", session_bytes=10, server_bytes=25)
    yield store
    for session in ("one", "two", "three"):
        store.remove_session_files(session)


def is_idle(server):
    return server.cpu_percent(interval=1.0) < 5.0


def put(store, session, id, content):
    with store.coming(session) as coming:
        coming.add(len(content))
        store.keep(session, id, f"{id}.txt", "text/plain", io.BytesIO(content))


def test_a_file_comes_back_as_it_was_and_has_no_name_on_the_disk(kept, tmp_path):
    put(kept, "one", "a", b"hello")
    [found] = kept.get_files("one", ["a", "b"])
    assert found == UploadedFileRec("a", "a.txt", "text/plain", b"hello")
    assert kept.get_files("two", ["a"]) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_window_keeps_no_more_than_its_share(kept):
    put(kept, "one", "a", b"x" * 8)
    with pytest.raises(UploadError, match="One browser window may keep"):
        put(kept, "one", "b", b"x" * 3)
    kept.remove_file("one", "a")
    put(kept, "one", "b", b"x" * 10)


def test_all_windows_keep_no_more_than_the_servers_share(kept):
    for session in ("one", "two"):
        put(kept, session, "a", b"x" * 10)
    with pytest.raises(UploadError, match="All windows together may keep"):
        put(kept, "three", "a", b"x" * 6)
    kept.remove_session_files("one")
    put(kept, "three", "a", b"x" * 6)


def test_bytes_that_are_on_their_way_count_and_no_longer_when_they_broke_off(kept):
    with kept.coming("one") as first:
        first.add(9)
        with pytest.raises(UploadError), kept.coming("one") as second:
            second.add(2)
    put(kept, "one", "a", b"x" * 10)


def test_the_same_file_again_replaces_the_first(kept):
    put(kept, "one", "a", b"old")
    put(kept, "one", "a", b"newer")
    assert kept.get_files("one", ["a"])[0].data == b"newer"


def test_a_file_in_memory_is_kept_too(kept):
    kept.add_file("one", UploadedFileRec("a", "a.bin", "b/c", b"\0\1"))
    assert kept.get_files("one", ["a"])[0].data == b"\0\1"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the server's memory is read from /proc")
def test_the_servers_memory_does_not_grow_with_what_is_uploaded(tmp_path):
    """Three files of 100 MB; each of them in memory would be seen at once."""
    with serve(ROOT / "app.py", tmp_path) as url, opened(url.removeprefix("http://")) as session:
        server = server_at(url)
        assert upload(session, [MEBIBYTE] * 100, uuid.uuid4().hex) == 204
        until(lambda: is_idle(server), 60)  # the page's modules are loaded
        before = server.memory_info().rss
        for _ in range(3):
            assert upload(session, [MEBIBYTE] * 100, uuid.uuid4().hex) == 204
            assert server.memory_info().rss < before + 50 * MIB
    assert [p for p in (tmp_path / "scratch").rglob("*") if p.is_file()] == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="open files are read from /proc")
def test_what_arrives_is_spooled_in_the_workspace_not_in_everybodys_folder(tmp_path):
    with serve(ROOT / "app.py", tmp_path) as url, opened(url.removeprefix("http://")) as session:
        server, spooled = server_at(url), []

        def pieces():
            for number in range(40):
                if number == 30:  # more than what stays in memory
                    until(lambda: bool(nameless(server.pid)), 30)
                    spooled.extend(nameless(server.pid))
                yield MEBIBYTE

        assert upload(session, pieces(), uuid.uuid4().hex) == 204
        kept = nameless(server.pid)
    scratch = tmp_path / "scratch"
    assert spooled
    assert {path.parent for path in [*spooled, *kept]} == {scratch}
    assert scratch.stat().st_mode & 0o777 == 0o700


def nameless(pid: int) -> list[Path]:
    """Return where the files lie, or lay, that a process has open and that have no name."""
    found = []
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            where = os.readlink(each)
            if where.startswith("/") and where.endswith(" (deleted)") and "memfd" not in where:
                found.append(Path(where.removesuffix(" (deleted)")))
    return found
