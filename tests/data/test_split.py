"""Dividing data: disjoint, stratified, and the same every time."""

import numpy as np
import pytest

from core.data.dataset import Dataset, Split
from core.data.split import carve_validation, three_way
from core.errors import UploadError


def split(labels):
    labels = np.asarray(labels)
    return Split(np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1), labels)


def dataset(validation, test=None):
    return Dataset("Mine", ("0", "1", "2"), split([0, 1, 2]), split(validation), test)


def test_half_of_each_class_of_the_validation_set_is_held_out():
    parts = three_way(dataset([0] * 10 + [1] * 6 + [2] * 4))
    assert np.bincount(parts.holdout.labels).tolist() == [5, 3, 2]
    assert np.bincount(parts.validation.labels).tolist() == [5, 3, 2]
    pixels = np.concatenate([parts.holdout.images, parts.validation.images]).ravel()
    assert sorted(pixels.tolist()) == list(range(20))
    assert "10 of its 20 validation images are held out" in parts.note


def test_single_images_a_class_still_leave_something_to_report_on():
    parts = three_way(dataset([0, 1, 2]))
    assert (len(parts.holdout), len(parts.validation)) == (1, 2)


def test_a_test_set_is_the_holdout_as_it_is():
    test = split([2, 1, 0])
    parts = three_way(dataset([0, 1, 2, 0], test))
    assert parts.holdout is test
    assert len(parts.validation) == 4


def test_the_split_is_the_same_every_time():
    first, second = (three_way(dataset([0, 1, 2] * 5)) for _ in range(2))
    np.testing.assert_array_equal(first.holdout.images, second.holdout.images)


def test_carving_takes_the_same_share_of_each_class():
    """15 % of 100, 40 and 3 images: 15, 6 and (rounded from 0.45, but at least) 1."""
    labels = np.array([0] * 100 + [1] * 40 + [2] * 3)
    kept, held = carve_validation(labels)
    assert np.bincount(labels[held]).tolist() == [15, 6, 1]
    assert sorted([*kept, *held]) == list(range(143))


def test_a_class_of_one_image_cannot_be_divided():
    with pytest.raises(UploadError, match="A class has a single image"):
        carve_validation(np.array([0, 0, 1]))
