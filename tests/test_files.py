"""Files are there as a whole or not at all, and a full disk is told from a forbidden one."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import StoreError
from core.files import atomic_write, output, storage_errors

ROOT = Path(__file__).parents[1]


def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def half():
        with atomic_write(path) as part:
            part.write_text("ne")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        half()
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("file", "old")]
    with atomic_write(path) as part:
        part.write_text("new")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("file", "new")]


def written(path, umask=0o022):
    with output(path, umask) as part:
        part.write_text("new")


def test_an_output_is_whole_and_keeps_the_permissions_of_the_file_before_it(tmp_path):
    made, old = tmp_path / "a" / "new.csv", tmp_path / "old.csv"
    written(made)
    old.write_text("old")
    old.chmod(0o640)
    written(old)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (made, old)}
    assert modes == {"new.csv": 0o644, "old.csv": 0o640}
    assert made.read_text() == old.read_text() == "new"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "new.csv", "old.csv"]


def test_an_output_through_a_link_changes_the_file_behind_it(tmp_path):
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to("file")
    written(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


def test_an_output_that_fails_leaves_what_was_there_and_says_where(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("old")

    def half():
        with output(path, 0) as part:
            part.write_text("ne")
            raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match=r"/points\.csv could not .* \(No space.*Free some disk"):
        half()
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("points.csv", "old")]
    with pytest.raises(StoreError, match=r"^/dev/full could not be written \(No space left"):
        written(Path("/dev/full"))


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(28, "Free some disk space or delete"), (30, "Check that you may write to /x"), (13, "Check")],
)
def test_only_a_lack_of_room_asks_for_room(number, remedy):
    with pytest.raises(StoreError, match=remedy), storage_errors("It", Path("/x")):
        raise OSError(number, "of the system")


FULL_DISK = """
import json, resource, signal, sys
from pathlib import Path
import numpy as np
from core.errors import LabError
from core.data.uploads.leaf_store import keep_leaf
from core.networks.formats import keras_h5 as weights_file
from core.networks.network import REFERENCE, initial_weights
from core.grading.kept_uploads import keep
from core.workspace import Workspace

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
workspace = Workspace(Path(sys.argv[1]))
user = {"x": np.ones((8, 2)).tolist(), "y": [0, 1] * 4}
described = json.dumps({"users": ["a"], "num_samples": [8], "user_data": {"a": user}})
leaf = Path(sys.argv[2])
leaf.write_text(described + " " * 40_000)  # what its reader makes of it is small
weights = initial_weights(REFERENCE, 1)
acts = (
    lambda: keep_leaf(workspace, leaf),
    lambda: keep([("a.h5", b"x" * 10), ("b.h5", b"x" * 40_000)], workspace.uploads),
    lambda: weights_file.keep(workspace.weights, weights),
)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
for act in acts:
    try:
        act()
    except LabError as error:
        print(error)
"""


def test_a_full_disk_leaves_no_part_of_an_upload_behind(tmp_path):
    """A file-size limit makes every write beyond 20 kB fail, as a full disk does."""
    leaf, lab = tmp_path / "leaf.json", tmp_path / "lab"
    command = [sys.executable, "-c", FULL_DISK, str(lab), str(leaf)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    room = "Free some disk space or delete stored data sets, then upload it again."
    assert done.stdout.splitlines() == [
        f"{what} could not be stored (File too large). {room}"
        for what in ("The clients' data", "The files", "The weights")
    ]
    assert done.stderr == ""
    assert [path for path in lab.rglob("*") if path.is_file()] == []
