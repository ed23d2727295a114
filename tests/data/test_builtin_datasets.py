"""Built-in data sets, and loading anything by what a person types."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.data import builtin_datasets, download, store
from core.errors import DownloadError, NotFoundError
from core.workspace import Workspace
from tests.inputs import build

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "assets"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def test_garments_are_five_equal_classes_in_three_splits(workspace):
    garments = builtin_datasets.load_any("garments", workspace)
    assert garments.class_names == ("T-shirt", "pullover", "dress", "coat", "shirt")
    assert garments.image_shape == (28, 28, 1)
    for split, count in (
        (garments.train, 6000),
        (garments.validation, 1500),
        (garments.test, 1000),
    ):
        assert np.bincount(split.labels).tolist() == [count // 5] * 5
        assert split.images.dtype == np.uint8


def test_the_bundled_file_is_small_and_has_its_licence():
    assert len((ASSETS / "garments.npz").read_bytes()) < 5_000_000
    licence = (ASSETS / "garments.LICENSE").read_text()
    assert "MIT License" in licence
    assert "Zalando" in licence


def test_a_path_a_digest_and_a_name_all_load(workspace, tmp_path):
    path = tmp_path / "my data.tar.gz"
    path.write_bytes(build.course())
    from_path = builtin_datasets.load_any(path, workspace)
    assert from_path.name == "my data.tar.gz"
    digest = store.save(workspace, from_path)
    assert builtin_datasets.load_any(digest, workspace).digest == digest == from_path.digest


@pytest.mark.parametrize("name", ["nothing", "", "0123456789abcdef", "/no/such/file"])
def test_what_is_not_found_says_what_there_is(workspace, name):
    with pytest.raises(NotFoundError, match="garments, cifar10, fashion_mnist"):
        builtin_datasets.load_any(name, workspace)


@pytest.mark.slow
def test_without_internet_a_download_fails_with_a_remedy(workspace, monkeypatch):
    """A proxy where nobody listens stands for having no internet."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(DownloadError, match=r"Fashion-MNIST could not be downloaded .*garments"):
        builtin_datasets.load_any("fashion_mnist", workspace)
    assert list(workspace.scratch.iterdir()) == []


def _fashion(folder: Path, cut: bool) -> None:
    """Write the files that Keras keeps of Fashion-MNIST, of twenty images; or half of the last."""
    folder.mkdir(parents=True)
    labels, pixels = bytes(8) + bytes(range(10)) * 2, bytes(16) + bytes(20 * 28 * 28)
    for part in ("train", "t10k"):
        for kind, content in (("labels-idx1", labels), ("images-idx3", pixels)):
            (folder / f"{part}-{kind}-ubyte.gz").write_bytes(gzip.compress(content))
    last = folder / "t10k-images-idx3-ubyte.gz"
    last.write_bytes(last.read_bytes()[: -20 if cut else None])


@pytest.mark.slow
@pytest.mark.parametrize("cut", [False, True], ids=["whole", "cut short"])
def test_what_was_fetched_before_is_used_if_it_is_whole(workspace, monkeypatch, cut):
    """Half a file, of a download that was killed, is fetched again and never taken for all."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    kept = workspace.datasets / "downloads" / "fashion_mnist"
    _fashion(kept / "datasets" / "fashion-mnist", cut)
    if cut:
        with pytest.raises(DownloadError, match="refused"):
            builtin_datasets.load_any("fashion_mnist", workspace)
    else:
        found = builtin_datasets.load_any("fashion_mnist", workspace)
        assert [len(found.train), len(found.validation), len(found.test)] == [18, 2, 20]


def test_what_was_fetched_takes_the_place_of_what_was_broken(tmp_path):
    fresh, kept = tmp_path / "fresh", tmp_path / "downloads" / "cifar10"
    for folder, name in ((fresh, "whole"), (kept, "half")):
        folder.mkdir(parents=True)
        (folder / name).touch()
    download._keep(fresh, kept)
    assert [path.name for path in kept.iterdir()] == ["whole"]
    assert not fresh.exists()


def test_what_earlier_versions_kept_is_taken_over(tmp_path):
    older, folder = tmp_path / "datasets", tmp_path / "fashion_mnist" / "datasets"
    for name in ("fashion-mnist/x.gz", "cifar-10-batches-py.tar.gz"):
        (older / name).parent.mkdir(parents=True, exist_ok=True)
        (older / name).touch()
    download._take_over(older, "fashion_mnist", folder)
    assert (folder / "fashion-mnist" / "x.gz").is_file()
    assert [path.name for path in older.iterdir()] == ["cifar-10-batches-py.tar.gz"]


def test_importing_the_builtin_datasets_is_light():
    script = (
        "import sys, core.data.builtin_datasets; print({'keras', 'tensorflow'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
