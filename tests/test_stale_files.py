"""What killed processes left behind goes when it is old, and nothing else does."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.stale_files import remove_stale, scratch_folder

HOUR = 3600


@pytest.fixture
def scratch(tmp_path):
    """An empty scratch folder with a neighbour."""
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def folder(scratch, name, hours, written=None):
    """Make a folder `hours` old; `written`: how many hours ago the file in it was written to."""
    (scratch / name).mkdir()
    (scratch / name / "file").write_bytes(b"x")
    aged(scratch / name / "file", hours if written is None else written)
    return aged(scratch / name, hours)


def aged(path, hours):
    os.utime(path, (time.time() - hours * HOUR,) * 2, follow_symlinks=False)
    return path


def names(scratch):
    return sorted(path.name for path in scratch.iterdir())


def test_everything_that_is_a_day_old_goes(scratch):
    for name in ("upload-a", "bundle-b", "tmp1234", ".hidden", "download-c"):
        folder(scratch, name, 25)
    (scratch / "export-d.zip").write_bytes(b"x")
    aged(scratch / "export-d.zip", 25)
    folder(scratch, "upload-young", 23)
    remove_stale(scratch)
    assert names(scratch) == ["upload-young"]


def test_what_is_still_written_to_stays(scratch):
    folder(scratch, "grading-long", 50, written=1)
    remove_stale(scratch)
    assert names(scratch) == ["grading-long"]


def test_a_link_goes_but_not_what_it_leads_to(scratch):
    outside = folder(scratch.parent, "precious", 1)
    (scratch / "link").symlink_to(outside)
    aged(scratch / "link", 25)
    remove_stale(scratch)
    assert names(scratch) == []
    assert (outside / "file").exists()


def test_of_a_folder_that_is_not_ours_only_the_named_entries_go(scratch):
    folder(scratch, "upload-a", 25)
    folder(scratch, "photographs", 25)
    remove_stale(scratch, "upload-*")
    assert names(scratch) == ["photographs"]


def test_a_folder_in_use_stays_however_old_and_a_dead_process_leaves_none(scratch):
    with scratch_folder(scratch, "upload-") as used:
        (used / "input").write_bytes(b"x")
        aged(used / ".held", 1)
        remove_stale(scratch)
        assert names(scratch) == [used.name]
    assert names(scratch) == []


KILLED = """
import os, sys
from pathlib import Path
from core.stale_files import scratch_folder
with scratch_folder(Path(sys.argv[1]), "upload-") as folder:
    (folder / "input").write_bytes(b"x")
    os.kill(os.getpid(), 9)
"""


def test_the_folder_of_a_killed_process_goes_at_once(scratch):
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", KILLED, str(scratch)], cwd=root, check=False)
    [left] = scratch.iterdir()
    remove_stale(scratch)
    assert names(scratch) == [left.name], "it might be about to be locked"
    aged(left / ".held", 1)
    remove_stale(scratch)
    assert names(scratch) == []


def test_a_folder_goes_when_its_block_fails(scratch):
    with pytest.raises(KeyboardInterrupt), scratch_folder(scratch, "x-"):
        raise KeyboardInterrupt
    assert names(scratch) == []
