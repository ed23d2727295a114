"""Clients or images: told by the names in a file, the same for the page and the command line."""

import pytest

from core.data.uploads.contents import CLIENTS, IMAGES, kind_of
from core.data.uploads.leaf_store import keep_leaf, leaf_file
from core.errors import NotFoundError, UploadError
from core.workspace import Workspace
from tests.inputs.build import class_folders, course, npz, tar_gz, zipped
from tests.inputs.clients import document

pytestmark = pytest.mark.slow  # processes

FILES = {
    "a document": (document(), CLIENTS),
    "a document with a mark": (b"\xef\xbb\xbf \n" + document(), CLIENTS),
    "a zip of parts": (zipped({"data/train/a.json": document()}), CLIENTS),
    "a tar of parts": (tar_gz({"train.json": document(), "readme.txt": b"hello"}), CLIENTS),
    "arrays": (npz(), IMAGES),
    "the course's": (course(), IMAGES),
    "class folders": (zipped(class_folders() | {"labels.json": b"{}"}), IMAGES),
    "something else": (b"hello", IMAGES),
}


@pytest.mark.parametrize("what", FILES)
def test_what_a_file_holds_is_told_by_its_names(what, tmp_path):
    content, kind = FILES[what]
    assert kind_of(content, scratch=tmp_path) == kind


def test_kept_clients_are_found_again_by_what_a_run_calls_them(tmp_path):
    workspace = Workspace(tmp_path)
    path = tmp_path / "clients.zip"
    path.write_bytes(zipped({"train/a.json": document(), "test/a.json": document()}))
    kept = keep_leaf(workspace, path)
    assert kept.clients == 2
    assert [note.partition(",")[0] for note in kept.notes] == [
        "Warning: 5 of 5 validation samples equal a training sample of the same client"
    ]
    assert leaf_file(workspace.datasets, kept.data).read_bytes() == path.read_bytes()
    with path.open("rb") as file:
        assert keep_leaf(workspace, file) == kept, "from an open upload as well"
    assert keep_leaf(workspace, path.read_bytes()) == kept


@pytest.mark.parametrize("data", ["leaf:0123456789abcdef", "leaf:../../etc/passwd", "leaf:"])
def test_clients_that_are_kept_no_more_are_said(data, tmp_path):
    with pytest.raises(NotFoundError, match="Upload it again"):
        leaf_file(Workspace(tmp_path).datasets, data)


def test_bad_clients_are_not_kept(tmp_path):
    workspace = Workspace(tmp_path)
    with pytest.raises(UploadError, match="not LEAF JSON"):
        keep_leaf(workspace, b'{"users": []}')
    assert list(workspace.datasets.iterdir()) == []
