"""ThiNet against arithmetic by hand and against brute force on the raw rows."""

import numpy as np
import pytest

from core.networks.topology import CHANNEL_LAYERS, READER
from core.pruning.activations import layer_input, read_rows, sample_positions
from core.pruning.method import Budget
from core.pruning.methods import thinet
from core.pruning.methods.thinet import ThiNet
from tests.pruning import tiny

TENSORFLOW = pytest.mark.slow
HALF = {"conv1": 2, "conv2": 2, "conv3": 3, "conv4": 3, "dense1": 8}


def test_the_greedy_choice_by_hand():
    # Rows of x̂: (1, −1, 3), (1, −1, 0). Alone: ‖x̂‖² = 2, 2, 9. Channel 0 goes first (lower index);
    # then 1 cancels it: ‖x̂_0 + x̂_1‖² = 0, while with 2 it is 16 + 1. So 2 stays.
    x = np.array([[1.0, -1.0, 3.0], [1.0, -1.0, 0.0]])
    np.testing.assert_array_equal(thinet.greedy(x.T @ x, 2), [2])


def slow_greedy(x: np.ndarray, removed: int) -> list[int]:
    """The paper's Algorithm 1 on the raw rows, every sum taken anew."""
    gone: list[int] = []
    for _ in range(removed):
        left = [c for c in range(x.shape[1]) if c not in gone]
        errors = [np.square(x[:, [*gone, c]].sum(axis=1)).sum() for c in left]
        gone.append(left[int(np.argmin(errors))])
    return [c for c in range(x.shape[1]) if c not in gone]


@pytest.mark.parametrize("seed", range(5))
def test_the_gram_matrix_chooses_as_the_raw_rows_do(seed):
    x = np.random.default_rng(seed).normal(0.3, 1, (200, 12))
    for removed in (1, 5, 11):
        assert thinet.greedy(x.T @ x, removed).tolist() == slow_greedy(x, removed)


def test_one_greedy_step_is_the_best_single_removal():
    x = np.random.default_rng(9).normal(size=(50, 6))
    errors = [np.square(x[:, c]).sum() for c in range(6)]
    assert set(range(6)) - set(thinet.greedy(x.T @ x, 1).tolist()) == {int(np.argmin(errors))}


def test_scales_are_the_least_squares_of_the_whole_sum():
    x = np.random.default_rng(3).normal(size=(300, 8))
    kept = np.array([0, 2, 5])
    wanted = np.linalg.lstsq(x[:, kept], x.sum(axis=1), rcond=None)[0]
    np.testing.assert_allclose(thinet.scales(x.T @ x, kept, 0.0), wanted, atol=1e-10)


def test_scales_by_hand():
    # x̂_1 = 2 x̂_0: without channel 1, channel 0 must do three times its work.
    x = np.array([[1.0, 2.0], [2.0, 4.0]])
    np.testing.assert_allclose(thinet.scales(x.T @ x, np.array([0]), 0.0), [3.0])


def test_a_strong_ridge_leaves_the_scales_at_one():
    x = np.random.default_rng(3).normal(size=(300, 4))
    np.testing.assert_allclose(thinet.scales(x.T @ x, np.array([0, 1]), 1e9), [1, 1], atol=1e-6)


def test_scales_of_channels_that_never_fire_stay_at_one():
    np.testing.assert_allclose(thinet.scales(np.zeros((3, 3)), np.array([0, 1]), 1e-3), [1, 1])


@TENSORFLOW
@pytest.mark.parametrize("layer", CHANNEL_LAYERS)
def test_contributions_sum_to_the_next_layers_output_without_its_bias(layer):
    weights, images = tiny.weights(), tiny.data().train.images[:10]
    reader = READER[layer]
    rng = np.random.default_rng(1)
    positions = sample_positions(reader, tiny.SHAPE, len(images), 40, rng)
    outputs = rng.integers(tiny.SHAPE.units[reader], size=40)
    rows = read_rows(weights, images, reader, positions)
    x = thinet.contributions(weights, layer, rows, outputs)
    kernel = weights[f"{reader}/kernel"].reshape(rows.shape[1], -1)
    wanted = (rows @ kernel)[np.arange(40), outputs]
    assert x.shape == (40, tiny.SHAPE.units[layer])
    np.testing.assert_allclose(x.sum(axis=1), wanted, atol=1e-5)


@TENSORFLOW
def test_a_contribution_at_the_flatten_boundary_is_the_sum_over_the_channels_rows():
    weights, images = tiny.weights(), tiny.data().train.images[:1]
    entering = layer_input(weights, images, "dense1")[0]
    kernel = weights["dense1/kernel"]
    owned = [r for r in range(24) if r % 6 == 2]  # 6 channels at 2 x 2 places: 2, 8, 14, 20
    assert owned == [2, 8, 14, 20]
    x = thinet.contributions(weights, "conv4", entering[None], np.array([7]))
    np.testing.assert_allclose(x[0, 2], sum(entering[r] * kernel[r, 7] for r in owned), atol=1e-6)


@TENSORFLOW
def test_keeping_every_channel_changes_nothing():
    everything = {layer: tiny.SHAPE.units[layer] for layer in CHANNEL_LAYERS}
    selection = thinet.select(tiny.context(), ThiNet(rows=200), Budget(0.0, everything, 0))
    for name, value in tiny.weights().items():
        np.testing.assert_array_equal(selection.weights[name], value)


@TENSORFLOW
def test_a_silent_channel_is_the_first_to_go():
    context = tiny.context()
    context.weights["conv3/kernel"][..., 4] = 0
    context.weights["conv3/bias"][4] = -1.0
    counts = {**{layer: tiny.SHAPE.units[layer] for layer in CHANNEL_LAYERS}, "conv3": 5}
    selection = thinet.select(context, ThiNet(rows=200), Budget(0.1, counts, 0))
    np.testing.assert_array_equal(selection.kept["conv3"], [0, 1, 2, 3, 5])


@TENSORFLOW
def test_data_decide_other_images_may_give_other_channels():
    # "ThiNet" that never looks at data is the classical mistake: invert the images.
    context = tiny.context()
    gram = thinet.gram_of_layer(
        context, ThiNet(rows=500), thinet.Partial(context.weights, tiny.SHAPE, {}), "conv2"
    )
    context.data.train.images[:] = 1 - context.data.train.images
    other = thinet.gram_of_layer(
        context, ThiNet(rows=500), thinet.Partial(context.weights, tiny.SHAPE, {}), "conv2"
    )
    assert np.abs(gram - other).max() > 0.05 * np.abs(gram).max()


@TENSORFLOW
def test_fine_tuning_after_each_layer_counts_in_the_budget():
    selection = thinet.select(
        tiny.context(), ThiNet(rows=100, layer_epochs=0.2), Budget(0.7, HALF, 4)
    )
    assert selection.epochs_used == pytest.approx(5 * 0.2)
