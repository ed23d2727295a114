import gzip

import numpy as np
import pytest

from core.evaluation.cost import (
    gzip_bytes,
    layer_costs,
    multiply_adds,
    size_bytes,
    sparsity,
    useful_multiply_adds,
    zeros,
)
from core.networks.network import REFERENCE, NetworkShape, initial_weights
from core.networks.topology import without_units

TINY = NetworkShape((14, 14, 1), 3, (2, 3, 4, 5, 8))


def ones(shape):
    return {name: np.ones(size, np.float32) for name, size in shape.parameter_shapes().items()}


def test_zeros_are_counted_in_kernels_and_biases():
    weights = ones(TINY)
    weights["conv1/kernel"][0, 0, 0, 0] = 0
    weights["dense2/bias"][:] = -0.0
    assert zeros(weights) == 4
    assert sparsity(weights) == 4 / TINY.parameters


def test_the_reference_network_does_11_16_million_multiply_adds():
    # 25*25*27*32 + 23*23*288*32 + 11*11*288*64 + 9*9*576*64 + 1024*512 + 512*5
    expected = 540_000 + 4_875_264 + 2_230_272 + 2_985_984 + 524_288 + 2_560
    assert multiply_adds(REFERENCE) == expected == 11_158_368
    assert useful_multiply_adds(initial_weights(REFERENCE, 1), REFERENCE) == expected


def test_narrow_widths_do_the_work_the_specification_says():
    assert multiply_adds(NetworkShape(widths=(8, 8, 16, 16, 24))) == pytest.approx(0.77e6, rel=0.01)


def test_a_zero_weight_saves_one_multiply_add_at_every_position():
    weights = ones(TINY)
    weights["conv2/kernel"][0, 0, 0, :2] = 0
    assert useful_multiply_adds(weights, TINY) == multiply_adds(TINY) - 2 * 12 * 12


def test_silenced_units_are_dead_and_their_readers_count_as_zeros():
    weights = without_units(ones(TINY), "conv4", np.array([0, 3]))
    costs = {cost.name: cost for cost in layer_costs(weights, TINY)}
    assert costs["conv4"].dead_units == 2
    assert costs["conv4"].zeros == 2 * (9 * 4 + 1)
    assert costs["dense1"].zeros == 2 * 4 * 8
    assert costs["dense1"].dead_units == costs["dense2"].dead_units == 0


def test_a_unit_that_nobody_reads_is_dead():
    weights = ones(TINY)
    weights["conv3/kernel"][:, :, 1, :] = 0
    assert [cost.dead_units for cost in layer_costs(weights, TINY)] == [0, 1, 0, 0, 0, 0]


def test_bytes_are_those_of_the_file_raw_and_packed(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(bytes(10_000))
    assert size_bytes(path) == 10_000
    assert gzip_bytes(path) == len(gzip.compress(bytes(10_000), 9, mtime=0))
