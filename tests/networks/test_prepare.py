import numpy as np
import pytest

from core.data.dataset import Dataset, Split
from core.errors import SettingsError
from core.networks.network import REFERENCE, NetworkShape
from core.networks.prepare import prepare


def grey(images, value=0):
    labels = np.arange(images) % 3
    return Split(np.full((images, 28, 28, 1), value, np.uint8), labels.astype(np.int64))


def dataset(test=None):
    return Dataset("Three", ("a", "b", "c"), grey(9, 255), grey(6), test)


def test_images_become_floats_of_the_networks_size():
    data = prepare(dataset())
    assert data.shape == NetworkShape(REFERENCE.input_shape, 3)
    assert data.train.images.shape == (9, 25, 25, 3)
    assert data.train.images.dtype == np.float32
    assert (data.train.images == 1).all()
    assert data.digest == dataset().digest


def test_what_was_changed_and_held_out_is_said():
    notes = " ".join(prepare(dataset()).notes)
    assert "28 × 28 × 1" in notes
    assert "held out for reporting" in notes


def test_without_a_test_set_half_of_validation_is_held_out():
    data = prepare(dataset())
    assert (len(data.validation), len(data.holdout)) == (3, 3)
    assert sorted(data.holdout.labels) == [0, 1, 2]


def test_a_test_set_is_the_holdout():
    data = prepare(dataset(test=grey(4, 7)))
    assert (len(data.validation), len(data.holdout)) == (6, 4)


def test_a_network_for_other_classes_is_refused():
    with pytest.raises(SettingsError, match="tells 5 classes apart, but 'Three' has 3"):
        prepare(dataset(), REFERENCE)
