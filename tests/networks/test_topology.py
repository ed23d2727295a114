import numpy as np

from core.networks.network import REFERENCE, NetworkShape, initial_weights
from core.networks.topology import (
    CHANNEL_LAYERS,
    flatten_rows,
    incoming,
    outgoing,
    parameters_of,
    readers,
    without_units,
)

TINY = NetworkShape((14, 14, 3), 5, (2, 3, 4, 5, 6))


def test_a_conv4_channel_owns_the_rows_with_its_remainder():
    rows = flatten_rows(np.array([5]), 64, REFERENCE.positions)
    assert len(rows) == 16
    assert (rows % 64 == 5).all()


def test_two_conv4_channels_come_position_by_position():
    # 5 channels, 4 positions: rows 1, 3 | 6, 8 | 11, 13 | 16, 18.
    assert flatten_rows(np.array([1, 3]), 5, 4).tolist() == [1, 3, 6, 8, 11, 13, 16, 18]


def test_the_readers_of_a_unit_are_a_view_of_the_rows_it_feeds():
    weights = initial_weights(TINY, 1)
    kernel = weights["conv3/kernel"]
    assert np.array_equal(readers(weights, "conv2")[:, 2], kernel[:, :, 2].reshape(9, -1))
    rows = flatten_rows(np.array([2]), 5, 4)
    assert np.array_equal(readers(weights, "conv4")[:, 2], weights["dense1/kernel"][rows])
    assert np.shares_memory(readers(weights, "conv2"), kernel)


def test_outgoing_rows_are_what_multiplies_the_channel():
    weights = initial_weights(TINY, 1)
    assert outgoing(weights, "conv1").shape == (2, 9 * 3)
    assert outgoing(weights, "dense1").shape == (6, 5)
    kernel = weights["dense1/kernel"]
    assert np.array_equal(outgoing(weights, "conv4")[2], kernel[2::5].reshape(-1))


def test_incoming_rows_are_what_feeds_the_unit():
    weights = initial_weights(TINY, 1)
    assert np.array_equal(incoming(weights, "conv2")[1], weights["conv2/kernel"][..., 1].ravel())


def test_silencing_a_unit_clears_kernel_bias_and_readers_and_nothing_else():
    weights = {name: np.ones_like(array) for name, array in initial_weights(TINY, 1).items()}
    silent = without_units(weights, "conv4", np.array([2]))
    assert (silent["conv4/kernel"][..., 2] == 0).all()
    assert silent["conv4/bias"].tolist() == [1, 1, 0, 1, 1]
    zeros = sum(int((array == 0).sum()) for array in silent.values())
    # kernel 3 * 3 * 4, bias 1, four positions times six hidden units.
    assert zeros == 36 + 1 + 24
    assert all((array == 1).all() for array in weights.values())


def test_parameters_of_smaller_widths_are_counted():
    widths = dict(zip(CHANNEL_LAYERS, (8, 8, 16, 16, 24), strict=True))
    # 224 + 584 + 1168 + 2320 + (256 * 24 + 24) + (24 * 5 + 5)
    assert parameters_of(widths, REFERENCE) == 10_589
