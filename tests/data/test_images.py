"""Images brought to the network's input."""

import numpy as np
import pytest

from core.data.images import fit, resize, with_channels
from core.errors import UploadError


def test_equal_shapes_are_the_same_array_and_nothing_is_said():
    images = np.zeros((3, 25, 25, 3), np.uint8)
    fitted, note = fit(images, (25, 25, 3))
    assert fitted is images
    assert note == ""


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (10, 40, 4), (7, 7, 2), (1, 1, 1)])
def test_every_size_and_channel_count_reaches_the_input_and_keeps_its_kind(shape, dtype):
    images = (np.ones((4, *shape)) * (255 if dtype == np.uint8 else 1)).astype(dtype)
    fitted, note = fit(images, (25, 25, 3))
    assert fitted.shape == (4, 25, 25, 3)
    assert fitted.dtype == dtype
    assert fitted.min() == fitted.max() == images.max(), "white stays white"
    assert note == (
        f"Images of {shape[0]} × {shape[1]} × {shape[2]} were brought to the network's input "
        "of 25 × 25 × 3."
    )


def test_halving_averages_and_bytes_and_floats_agree():
    """Bilinear with anti-aliasing, 4 pixels to 2: weights 3/7, 3/7, 1/7 of the nearest three."""
    row = np.array([0, 70, 140, 210], np.uint8).reshape(1, 1, 4, 1)
    expected = [(3 * 0 + 3 * 70 + 1 * 140) / 7, (1 * 70 + 3 * 140 + 3 * 210) / 7]
    assert resize(row, (1, 2)).ravel().tolist() == expected == [50.0, 160.0]
    as_float = resize(row.astype(np.float32) / 255, (1, 2)).ravel()
    np.testing.assert_allclose(as_float * 255, expected, atol=1e-4)


def test_colour_becomes_grey_by_luminance():
    red, green, blue = np.eye(3, dtype=np.float32).reshape(3, 1, 1, 3)
    grey = with_channels(np.stack([red, green, blue]), 1).ravel()
    np.testing.assert_allclose(grey, [0.299, 0.587, 0.114], atol=1e-6)
    assert with_channels(np.full((1, 1, 1, 3), 200, np.uint8), 1).ravel().tolist() == [200]


def test_transparency_is_dropped_and_grey_is_repeated():
    four = np.array([10, 20, 30, 99], np.uint8).reshape(1, 1, 1, 4)
    assert with_channels(four, 3).ravel().tolist() == [10, 20, 30]
    two = np.array([10, 99], np.uint8).reshape(1, 1, 1, 2)
    assert with_channels(two, 3).ravel().tolist() == [10, 10, 10]


def test_impossible_channels_are_refused():
    with pytest.raises(UploadError, match="Images with 3 channels cannot be turned into 7"):
        with_channels(np.zeros((1, 2, 2, 3), np.uint8), 7)
