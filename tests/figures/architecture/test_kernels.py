"""The weights of one unit: what it multiplies with, where it reads, what of it is zero."""

import numpy as np
import pytest

from core.figures.architecture.kernels import (
    MOST_CELLS,
    columns,
    kernel_parts,
    unit_kernels,
    unit_map,
    units_of,
    vectors,
)
from core.networks.catalogue import CATALOGUE
from core.networks.graph import outputs
from core.networks.initializers import initial_values
from tests.pruning.graphs.tiny import NETWORKS, SIDE

ALL = NETWORKS | {"mobilenet": CATALOGUE["mobilenet-v1-small"].network()}


def test_a_convolutions_unit_gives_its_output_where_it_is_applied():
    network = NETWORKS["residual"]
    weights = initial_values(network, 0)
    images = np.random.default_rng(0).random((1, SIDE, SIDE, 1), np.float32)
    found = outputs(network, weights, images)
    kernel = unit_kernels(network, weights, "inner", 5)["kernel"]
    read = found["stem_relu"][0, 2:5, 3:6]  # around row 3, column 4
    assert (kernel * read).sum() == pytest.approx(found["inner"][0, 3, 4, 5], abs=1e-5)


def test_a_depthwise_unit_reads_one_channel():
    network = NETWORKS["residual"]
    weights = initial_values(network, 0)
    kernel = unit_kernels(network, weights, "depthwise", 3)["kernel"]
    assert np.array_equal(kernel[..., 0], weights["depthwise/kernel"][:, :, 3, 0])


def test_a_dense_unit_behind_a_flatten_is_arranged_as_the_maps_it_reads():
    network = NETWORKS["plain"]
    weights = initial_values(network, 0)
    images = np.random.default_rng(0).random((1, SIDE, SIDE, 1), np.float32)
    found = outputs(network, weights, images)
    kernel = unit_kernels(network, weights, "dense1", 2)["kernel"]
    maps = found["conv2"][0]
    assert kernel.shape == maps.shape
    answer = max(0.0, (kernel * maps).sum() + weights["dense1/bias"][2])
    assert answer == pytest.approx(found["dense1"][0, 2], abs=1e-5)
    behind = unit_kernels(network, weights, "dense2", 0)["kernel"]  # its Dropout is passed by
    assert behind.shape == (1, 1, 10)


@pytest.mark.parametrize("name", ALL)
def test_every_kernel_of_every_kind_of_network_can_be_drawn(name):
    network = ALL[name]
    weights = initial_values(network, 0)
    drawn = 0
    for layer in network.by_name:
        for part in kernel_parts(network, layer):
            drawn += 1
            last = units_of(network, layer) - 1
            kernel = unit_kernels(network, weights, layer, last)[part]
            assert kernel.ndim == 3
            array = weights[f"{layer}/{part}"]
            assert columns(array, units_of(network, layer)).size == array.size
    assert drawn == len(network.kernel_uses)


def test_a_map_has_a_tile_for_each_input_and_zeros_apart():
    kernel = np.arange(1, 9, dtype=np.float32).reshape(2, 2, 2)  # tile 0: 1 3 / 5 7
    kernel[1, 1, 0] = 0
    zeros, weights = unit_map(kernel, "unit 0 of conv").traces
    assert weights["z"][0] == [1.0, 3.0, None, 2.0, 4.0, None]
    assert weights["z"][1] == [5.0, None, None, 6.0, 8.0, None]
    assert zeros["z"][1] == [None, 0, None, None, None, None]
    assert zeros["text"][1][1] == "Input 0, row 1, column 1"
    assert (weights["zmin"], weights["zmax"]) == (-8.0, 8.0)


def test_the_sentence_counts_the_zeros_and_says_what_is_not_drawn():
    kernel = np.zeros((1, 1, MOST_CELLS), np.float32)
    kernel[..., 0] = 1
    chart = unit_map(kernel, "unit 0 of wide")
    assert f"{MOST_CELLS - 1:,} of {MOST_CELLS:,} weights are 0" in chart.alt
    assert f"The first {MOST_CELLS // 4:,} of {MOST_CELLS:,} inputs are drawn." in chart.alt
    assert len(chart.rows) == MOST_CELLS // 4
    assert "drawn" not in unit_map(kernel[..., :9], "unit 0 of wide").alt


def test_a_unit_of_zeros_alone_has_no_weights_to_draw():
    zeros, weights = unit_map(np.zeros((1, 1, 4), np.float32), "unit 0").traces
    assert not any(value is not None for line in weights["z"] for value in line)
    assert sum(value == 0 for line in zeros["z"] for value in line) == 4


def test_a_normalization_has_values_for_each_unit_and_a_pooling_none():
    network = NETWORKS["residual"]
    weights = initial_values(network, 0)
    chart = vectors(network, weights, "inner_bn")
    assert [trace["name"] for trace in chart.traces] == [
        "gamma",
        "beta",
        "moving_mean",
        "moving_variance",
    ]
    assert chart.rows[0] == {"unit": 0, "gamma": 1.0, "beta": 0.0, "moving_mean": 0.0,
                             "moving_variance": 1.0}  # fmt: skip
    assert vectors(network, weights, "pool") is None
