import numpy as np
import pytest

from core.networks.network import LAYERS
from core.networks.topology import CHANNEL_LAYERS, READER, readers
from core.pruning.masks.dead_units import (
    channel_mask,
    drop_dead_entries,
    fold_constants,
    living_units,
    remove_dead_units,
)
from core.pruning.masks.mask import Mask
from tests.numpy_forward import probabilities
from tests.pruning.tiny import SHAPE, split, weights


def everything():
    return {layer: np.arange(SHAPE.units[layer]) for layer in CHANNEL_LAYERS}


def answers(network):
    return probabilities(network, split(6, 3).images)


def test_a_conv4_channel_is_read_by_every_position_of_the_final_map():
    kernel = np.arange(SHAPE.positions * 6 * 16, dtype=float).reshape(-1, 16)
    arranged = readers({"dense1/kernel": kernel, "conv4/bias": np.zeros(6)}, "conv4")
    assert np.array_equal(arranged[:, 2, :], kernel[np.arange(len(kernel)) % 6 == 2])


def test_a_removed_channel_takes_its_bias_and_its_readers_with_it():
    kept = everything() | {"conv2": np.array([0, 1, 3])}
    mask = channel_mask(kept, SHAPE).arrays
    assert not mask["conv2/kernel"][..., 2].any()
    assert not mask["conv2/bias"][2]
    assert not mask["conv3/kernel"][:, :, 2, :].any()
    assert mask["conv3/kernel"][:, :, [0, 1, 3], :].all()


def test_a_unit_without_readers_dies_and_so_do_the_units_that_fed_only_it():
    """dense1 reads only conv4's channel 0, which reads only conv3's channel 1."""
    network = weights()
    readers(network, "conv4")[:, 1:, :] = 0
    network["conv4/kernel"][:, :, [0, 2, 3, 4, 5], 0] = 0
    alive = living_units(network)
    assert alive["conv4"].tolist() == [True] + [False] * 5
    assert alive["conv3"].tolist() == [False, True, False, False, False, False]
    assert alive["conv2"].all()


def test_dead_entries_leave_the_mask():
    arrays = {name: np.ones(array.shape, dtype=bool) for name, array in weights().items()}
    arrays["conv1/kernel"][..., 3] = False
    dropped = drop_dead_entries(Mask(arrays)).arrays
    assert not dropped["conv1/bias"][3]
    assert not dropped["conv2/kernel"][:, :, 3, :].any()


@pytest.mark.parametrize("layer", ["conv1", "conv3", "conv4", "dense1"])
def test_a_constant_channel_folds_exactly_into_an_unpadded_reader(layer):
    network = weights()
    network[f"{layer}/kernel"][..., 1] = 0
    network[f"{layer}/bias"][1] = 0.7
    folded, notes = fold_constants(network)
    assert notes == ()
    assert folded[f"{layer}/bias"][1] == 0
    assert not readers(folded, layer)[:, 1, :].any()
    np.testing.assert_allclose(answers(folded), answers(network), atol=1e-6)


def test_a_constant_channel_before_a_padded_reader_is_dropped_and_said():
    network = weights()
    network["conv2/kernel"][..., 1] = 0
    network["conv2/bias"][1] = 0.7
    folded, notes = fold_constants(network)
    assert notes == ("1 constant channels of conv2 were dropped, not folded.",)
    assert folded["conv2/bias"][1] == 0


def test_a_silent_channel_with_a_negative_bias_adds_nothing():
    network = weights()
    network["conv1/kernel"][..., 1] = 0
    network["conv1/bias"][1] = -0.7
    folded, _ = fold_constants(network)
    assert np.array_equal(folded["conv2/bias"], network["conv2/bias"])
    np.testing.assert_allclose(answers(folded), answers(network), atol=1e-6)


def test_folding_leaves_its_input_alone():
    network = weights()
    network["conv1/kernel"][..., 1] = 0
    before = {name: value.copy() for name, value in network.items()}
    fold_constants(network)
    assert all(np.array_equal(before[name], network[name]) for name in network)


def test_closing_nothing_changes_nothing():
    network = weights()
    living = remove_dead_units(network, everything(), SHAPE)
    assert living.mask.zeros == 0
    assert all(np.array_equal(living.weights[name], network[name]) for name in network)


def test_closing_counts_every_entry_of_a_dead_channel():
    """conv3 loses a channel: 3*3*4 inputs, its bias, and 3*3*6 readers in conv4."""
    living = remove_dead_units(weights(), everything() | {"conv3": np.arange(5)}, SHAPE)
    assert living.mask.zeros == 36 + 1 + 54
    zeros = sum(int((value == 0).sum()) for value in living.weights.values())
    assert zeros == living.mask.zeros


def test_no_layer_dies_and_the_guard_says_so():
    living = remove_dead_units(weights(), everything() | {"conv2": np.array([], int)}, SHAPE)
    norms = np.abs(weights()["conv2/kernel"]).sum(axis=(0, 1, 2))
    assert living.kept["conv2"].tolist() == [int(norms.argmax())]
    assert living.notes == ("Layer-collapse guard: conv2 keeps its strongest channel.",)


def test_every_unit_left_alive_is_fed_and_read():
    network = weights()
    readers(network, "conv1")[:, 0, :] = 0
    network["conv4/kernel"][..., 2] = 0
    network["conv4/bias"][2] = 0.4
    living = remove_dead_units(network, everything(), SHAPE)
    assert 0 not in living.kept["conv1"]
    assert 2 not in living.kept["conv4"]
    np.testing.assert_allclose(answers(living.weights), answers(network), atol=1e-6)


def test_the_output_units_are_never_removed():
    living = remove_dead_units(weights(), {layer: np.array([0]) for layer in CHANNEL_LAYERS}, SHAPE)
    assert living.mask.arrays["dense2/bias"].all()
    assert set(READER.values()) == set(LAYERS[1:])
