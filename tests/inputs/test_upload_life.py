"""Lines 11 to 13: the same file twice, a cancelled one, a full disk."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.archives import sandbox
from core.archives.limits import LIMITS
from core.data import store
from core.data.uploads import dataset_reader
from core.errors import StoreError, UploadError
from core.workspace import Workspace
from tests.inputs import build

pytestmark = pytest.mark.slow  # processes

ROOT = Path(__file__).parents[2]


def files_in(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_the_same_file_twice_is_stored_once(tmp_path):
    workspace, content = Workspace(tmp_path), build.course()
    digests = {
        store.save(workspace, dataset_reader.read(name, content, scratch=workspace.scratch))
        for name in ("first.tar.gz", "second.tar.gz")
    }
    assert len(digests) == 1
    assert [entry.name for entry in store.list_stored(workspace)] == ["first.tar.gz"]


class Cancelled(BaseException):
    """What Streamlit raises in a script whose session ended."""


def test_cancelling_while_the_child_reads_ends_it_and_leaves_no_residue(tmp_path):
    children, before = [], set(running_children())

    def cancel(share, message):
        children.extend(set(running_children()) - before)
        raise Cancelled

    slow = build.course(train_images=build.images(60_000), train_labels=build.labels(60_000))
    with pytest.raises(Cancelled):
        dataset_reader.read("x.tar.gz", slow, scratch=tmp_path, tell=cancel)
    assert children, "the child was running"
    assert not set(children) & set(running_children())
    assert list(tmp_path.iterdir()) == []


def running_children():
    own = f"\nPPid:\t{os.getpid()}\n"
    status = (path for path in Path("/proc").glob("[0-9]*/status"))
    return [path.parent.name for path in status if own in _text(path)]


def _text(path):
    try:
        return path.read_text()
    except OSError:
        return ""


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from core.archives import sandbox
from core.data import store
from core.data.uploads import dataset_reader as archives
from core.errors import LabError
from core.workspace import Workspace
from tests.inputs import build

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
workspace = Workspace(Path(sys.argv[1]))
large = build.course(train_images=build.images(900), train_labels=build.labels(900))
dataset = archives.read("x", large, scratch=workspace.scratch)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
for act in (
    lambda: archives.read("x", large, scratch=workspace.scratch),
    lambda: store.save(workspace, dataset),
):
    try:
        act()
    except LabError as error:
        print(error)
"""


def test_a_full_disk_is_a_clean_error(tmp_path):
    """A file-size limit makes every write beyond 20 kB fail, as a full disk does."""
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    reading, storing = done.stdout.splitlines()
    assert reading.startswith("The file could not be worked on (File too large). Free some disk")
    assert storing.startswith("The data set could not be stored (")
    assert "Free some disk space or delete stored data sets" in storing
    assert files_in(tmp_path) == []


def test_what_a_killed_server_left_behind_is_removed_a_day_later(tmp_path):
    for name, age in (("upload-old", 25 * 3600), ("upload-new", 3600)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "input").write_bytes(b"x")
        for path in (tmp_path / name / "input", tmp_path / name):
            os.utime(path, (time.time() - age,) * 2)
    dataset_reader.read("x", build.course(), scratch=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["upload-new"]


def test_a_data_set_changed_on_disk_is_refused(tmp_path):
    workspace = Workspace(tmp_path)
    digest = store.save(
        workspace, dataset_reader.read("x", build.course(), scratch=workspace.scratch)
    )
    path = workspace.datasets / digest / "train_labels.npy"
    path.write_bytes(build.flipped(path.read_bytes(), -1))
    with pytest.raises(StoreError, match="has changed or is damaged on disk. Delete it"):
        store.load(workspace, digest)


def test_progress_tells_what_is_read_and_never_goes_back(tmp_path):
    told = []
    large = build.course(train_images=build.images(90_000), train_labels=build.labels(90_000))
    dataset_reader.read("x", large, scratch=tmp_path, tell=lambda *said: told.append(said))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    assert {"train_images.pkl", "Checking", "Handing over"} & {message for _, message in told}


def test_a_place_that_cannot_be_written_to_asks_for_rights_not_for_room(tmp_path):
    scratch = tmp_path / "a file"
    scratch.write_text("in the way")
    with pytest.raises(UploadError, match=f"Check that you may write to {scratch}"):
        sandbox.run("core.data.uploads.leaf_json:parse", b"{}", {}, limits=LIMITS, scratch=scratch)
