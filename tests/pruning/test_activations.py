"""Sampled rows times the kernel are the pre-activations that a slow loop computes."""

import numpy as np
import pytest

from core.networks.network import LAYERS
from core.pruning.activations import (
    every_image,
    layer_input,
    output_map,
    read_rows,
    sample_positions,
)
from tests.pruning import tiny

pytestmark = pytest.mark.slow  # TensorFlow

PADDED = ("conv1", "conv3")


def slow_pre_activation(weights, entering, layer, image, row, column):
    """One output position of a layer, straight from the definition."""
    kernel, bias = weights[f"{layer}/kernel"], weights[f"{layer}/bias"]
    if layer.startswith("dense"):
        return entering[image] @ kernel + bias
    margin = 1 if layer in PADDED else 0
    total = bias.astype(np.float64)
    for dy in range(3):
        for dx in range(3):
            y, x = row + dy - margin, column + dx - margin
            if 0 <= y < entering.shape[1] and 0 <= x < entering.shape[2]:
                total = total + entering[image, y, x] @ kernel[dy, dx]
    return total


@pytest.mark.parametrize("layer", LAYERS)
def test_rows_times_kernel_are_the_pre_activations(layer):
    weights, images = tiny.weights(), tiny.data().train.images[:20]
    rng = np.random.default_rng(0)
    positions = sample_positions(layer, tiny.SHAPE, len(images), 60, rng)
    kernel, bias = weights[f"{layer}/kernel"], weights[f"{layer}/bias"]
    rows = read_rows(weights, images, layer, positions)
    got = rows @ kernel.reshape(-1, len(bias)) + bias
    entering = layer_input(weights, images, layer)
    where = zip(positions.image, positions.row, positions.column, strict=True)
    wanted = [slow_pre_activation(weights, entering, layer, *place) for place in where]
    np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_the_maps_of_the_reference_network_are_those_of_the_specification():
    shape = tiny.NetworkShape()
    maps = [output_map(layer, shape) for layer in LAYERS]
    assert maps == [(25, 25), (23, 23), (11, 11), (9, 9), (1, 1), (1, 1)]


def test_sampled_positions_stay_inside_the_map_and_reach_its_corners():
    positions = sample_positions("conv2", tiny.SHAPE, 3, 5000, np.random.default_rng(0))
    assert (positions.row.min(), positions.row.max()) == (0, 11)
    assert (positions.column.min(), positions.column.max()) == (0, 11)
    assert set(positions.image) == {0, 1, 2}


def test_images_are_read_in_batches_without_losing_a_row():
    images = np.concatenate([tiny.data().train.images] * 12)  # 1,152 images: three batches
    rows = read_rows(tiny.weights(), images, "dense2", every_image(len(images)))
    np.testing.assert_allclose(rows[:96], rows[960:1056], atol=1e-6)
    assert len(rows) == 1152
