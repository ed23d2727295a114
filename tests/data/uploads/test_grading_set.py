"""A hidden test set is read whole, and its labels stay what they are."""

import io
import pickle
import tarfile

import numpy as np
import pytest

from core.data.uploads import grading_set
from core.errors import UploadError

pytestmark = pytest.mark.slow  # processes

IMAGES = np.arange(4 * 25 * 25 * 3, dtype=np.uint32).reshape(4, 25, 25, 3).astype(np.uint8)
LABELS = np.array([4, 0, 2, 2])


def npz(**arrays) -> bytes:
    target = io.BytesIO()
    np.savez(target, **arrays)
    return target.getvalue()


def pickles(**arrays) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, array in arrays.items():
            content = pickle.dumps(array)
            entry = tarfile.TarInfo(f"{name}.pkl")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


@pytest.mark.parametrize("prefix", ["test_", "val_", ""])
def test_one_pair_of_arrays_is_a_test_set_whatever_it_is_called(prefix: str, tmp_path) -> None:
    content = npz(**{f"{prefix}images": IMAGES, f"{prefix}labels": LABELS})
    split = grading_set.read("hidden.npz", content, 5, scratch=tmp_path)
    assert split is not None
    # classes 1 and 3 have no image: the others keep their numbers
    assert split.labels.tolist() == [4, 0, 2, 2]
    assert (split.images == IMAGES).all()


def test_two_pickles_in_an_archive_are_read(tmp_path) -> None:
    content = pickles(test_images=IMAGES, test_labels=LABELS)
    split = grading_set.read("hidden.tar.gz", content, 5, scratch=tmp_path)
    assert split is not None
    assert split.labels.tolist() == [4, 0, 2, 2]


def test_a_whole_data_set_is_left_to_the_other_reader(tmp_path) -> None:
    content = npz(train_images=IMAGES, train_labels=LABELS, val_images=IMAGES, val_labels=LABELS)
    assert grading_set.read("set.npz", content, 5, scratch=tmp_path) is None


def test_labels_beyond_the_networks_classes_are_refused(tmp_path) -> None:
    content = npz(test_images=IMAGES, test_labels=LABELS + 1)
    with pytest.raises(UploadError, match="labels from 1 to 5, but the networks tell 5"):
        grading_set.read("hidden.npz", content, 5, scratch=tmp_path)


@pytest.mark.parametrize(
    ("labels", "found"),
    [(LABELS[:3], "3 labels"), (LABELS[:0], "0 labels"), (np.int64(2), "1 label")],
    ids=["too few", "none", "a single number"],
)
def test_missing_labels_are_counted(labels, found: str, tmp_path) -> None:
    content = npz(test_images=IMAGES, test_labels=labels)
    with pytest.raises(UploadError, match=rf"There are 4 images but {found}\. Export the pair"):
        grading_set.read("hidden.npz", content, 5, scratch=tmp_path)


def test_a_file_that_is_no_archive_says_how_to_save_one(tmp_path) -> None:
    with pytest.raises(UploadError, match="numpy.savez"):
        grading_set.read("hidden.npz", b"hello", 5, scratch=tmp_path)


def test_a_pickle_that_would_run_code_is_refused(tmp_path) -> None:
    class Evil:
        def __reduce__(self):
            return print, ("ran",)

    content = pickles(test_images=Evil(), test_labels=LABELS)
    with pytest.raises(UploadError):
        grading_set.read("hidden.tar.gz", content, 5, scratch=tmp_path)
