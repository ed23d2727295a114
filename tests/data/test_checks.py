"""Findings on a data set before it is stored."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.data.builtin_datasets import garments
from core.data.checks import check, overlap, thumbnail_images
from core.data.dataset import Dataset, Split


def images(count, seed=0):
    rng = np.random.Generator(np.random.PCG64(seed))
    return rng.integers(0, 256, (count, 6, 6, 3)).astype(np.uint8)


def dataset(**changed):
    good = Dataset(
        name="Mine",
        class_names=("ant", "bee"),
        train=Split(images(8), np.arange(8) % 2),
        validation=Split(images(4, 1), np.arange(4) % 2),
    )
    return replace(good, **changed)


def test_a_clean_data_set_has_counts_and_thumbnails_and_only_its_size_is_remarked():
    found = check(dataset(), thumbnails=3)
    assert [(c.name, c.train, c.validation, c.test) for c in found.classes] == [
        ("ant", 4, 2, 0),
        ("bee", 4, 2, 0),
    ]
    assert found.classes[0].thumbnails.shape == (3, 48, 48, 3)
    assert (found.duplicates, found.conflicting, found.nearly_constant) == (0, 0, 0)
    assert found.balance == 1.0
    assert found.warnings == ("Only 4 validation images: accuracy will be rough.",)


def test_repeated_and_contradicting_images_are_counted():
    """Images 0 and 2 are equal with one label; 1 and 4 are equal with labels 1 and 0."""
    pixels = images(8)
    pixels[2], pixels[4] = pixels[0], pixels[1]
    found = check(dataset(train=Split(pixels, np.arange(8) % 2)))
    assert (found.duplicates, found.conflicting) == (2, 1)
    assert "2 training images too many: repeats of others." in found.warnings
    assert "1 training image with more than one label." in found.warnings


def test_images_shared_with_training_are_counted():
    data = dataset(validation=Split(images(8)[:3], np.array([0, 1, 0])), test=dataset().train)
    found = check(data)
    assert (found.validation_overlap, found.test_overlap) == (3, 8)
    assert overlap(data.train.images, data.validation.images) == 3


def test_images_of_one_colour_are_counted_in_bytes_and_floats():
    pixels = images(8)
    pixels[3], pixels[5] = 77, 200
    for stored in (pixels, pixels.astype(np.float32) / 255):
        assert check(dataset(train=Split(stored, np.arange(8) % 2))).nearly_constant == 2


@pytest.mark.parametrize("colour", [(255, 0, 0), (10, 200, 90), (77, 77, 77)])
def test_a_flat_colour_shows_nothing_whatever_its_channels_are(colour):
    """Over all values pure red deviates by 120 of 255; over the pixels of a channel, by nothing."""
    pixels = images(8)
    pixels[3] = colour
    found = check(dataset(train=Split(pixels, np.arange(8) % 2)))
    assert found.nearly_constant == 1
    assert "1 image with a single colour." in found.warnings


def saved_as_jpeg(image, quality):
    content = io.BytesIO()
    Image.fromarray(image).save(content, "JPEG", quality=quality)
    return np.asarray(Image.open(content))


def test_copies_that_were_saved_anew_are_found_between_splits_and_different_images_are_not():
    pixels = garments().train.images[:200, ..., 0]
    copies = np.stack([saved_as_jpeg(image, 75) for image in pixels[:20]])
    others = garments().validation.images[:60, ..., 0]
    train = Split(pixels[..., None], np.arange(200) % 2)
    mixed = Split(np.concatenate([copies, others])[..., None], np.arange(80) % 2)
    found = check(dataset(train=train, validation=mixed))
    assert found.near_duplicates == 20
    assert "20 validation or test images nearly equal to a training image" in found.warnings[0]
    # An exact copy is an overlap, not a near duplicate as well.
    exact = check(dataset(train=train, validation=Split(train.images[:5], np.arange(5) % 2)))
    assert (exact.validation_overlap, exact.near_duplicates) == (5, 0)


def test_an_unbalanced_data_set_names_its_smallest_class():
    labels = np.array([0, 0, 0, 0, 0, 0, 0, 1])
    found = check(dataset(train=Split(images(8), labels)))
    assert found.balance == 1 / 7
    assert "The classes are unbalanced: bee has only 1 training image." in found.warnings


def test_a_class_without_training_images_is_shown_by_its_validation_images():
    found = check(dataset(train=Split(images(8), np.zeros(8, int))))
    assert found.classes[1].train == 0
    assert found.classes[1].thumbnails.shape == (2, 48, 48, 3)
    assert found.balance == 0.0


def test_notes_are_told_apart_as_warnings_and_conversions():
    notes = ("Warning: the class Ox has gaps.", "Pixels were rescaled.")
    found = check(dataset(notes=notes))
    assert found.warnings[0] == "The class Ox has gaps."
    assert found.conversions == ("Pixels were rescaled.",)


def test_thumbnails_of_grey_floats_are_colour_bytes():
    shown = thumbnail_images(np.full((2, 5, 5, 1), 0.5, np.float32))
    assert shown.shape == (2, 48, 48, 3)
    assert set(np.unique(shown)) == {128}
