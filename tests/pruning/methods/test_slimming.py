"""Network Slimming: exact insertion and folding of normalisation, and a global cut by |γ|."""

import numpy as np
import pytest

from core.networks.topology import CHANNEL_LAYERS
from core.pruning.activations import layer_input, pre_activation_statistics
from core.pruning.method import Budget
from core.pruning.methods import l1_filter, slimming
from core.pruning.methods.slimming import NetworkSlimming
from core.pruning.sparse_training.scales import cut_by_scales
from core.training.recipe import Recipe
from core.training.step import Step
from core.training.temporary_batchnorm import EPSILON, fold
from tests.numpy_forward import probabilities
from tests.pruning import tiny

pytestmark = pytest.mark.slow  # TensorFlow

QUICK = NetworkSlimming(batch_size=16)


def start():
    weights, images = tiny.weights(), tiny.data().train.images
    statistics = pre_activation_statistics(weights, images)
    return slimming.batchnorm_start(weights, statistics)


def zeros_share(weights):
    return sum(int((v == 0).sum()) for v in weights.values()) / tiny.SHAPE.parameters


def test_every_gamma_starts_at_one_half():
    values = start()
    for layer in CHANNEL_LAYERS:
        np.testing.assert_array_equal(values[f"{layer}_norm/gamma"], 0.5)


def test_putting_normalisation_in_changes_no_answer():
    images = tiny.data().holdout.images
    wanted = probabilities(tiny.weights(), images)
    np.testing.assert_allclose(probabilities(fold(start()), images), wanted, atol=1e-5)


def test_one_channels_numbers_by_hand():
    # Kernel·input has mean 3 and variance 4 − ε, so s = 2; bias 1. γ = ½: β = ½(3 + 1)/2 = 1 and
    # the reader's rows take s/γ = 4. With z = 5: ½(5 − 3)/2 + 1 = 1.5 = (5 + 1)/4.
    weights = tiny.weights()
    weights["conv1/bias"][0] = 1.0
    statistics = pre_activation_statistics(weights, tiny.data().train.images)
    mean, variance = statistics["conv1"]
    mean[0], variance[0] = 3.0, 4.0 - EPSILON
    values = slimming.batchnorm_start(weights, statistics)
    assert values["conv1_norm/beta"][0] == pytest.approx(1.0)
    ratio = values["conv2/kernel"][:, :, 0] / weights["conv2/kernel"][:, :, 0]
    np.testing.assert_allclose(ratio, 4.0, rtol=1e-5)


def test_statistics_are_those_of_the_kernel_times_its_input():
    weights, images = tiny.weights(), tiny.data().train.images
    mean, variance = pre_activation_statistics(weights, images)["dense1"]
    z = layer_input(weights, images, "dense1").astype(np.float64) @ weights["dense1/kernel"]
    np.testing.assert_allclose(mean, z.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(variance, z.var(axis=0), atol=1e-5)


def one_step_gamma(penalty: float) -> np.ndarray:
    """γ of conv2 after one plain gradient step at rate 0.1 without momentum's history."""
    architecture = slimming.slimming_architecture(tiny.context(), penalty)
    recipe = Recipe(optimizer="sgd", dropout_first=0, dropout_second=0, dropout_dense=0, l2=0)
    step = Step(architecture, tiny.SHAPE, recipe)
    step.start(architecture.load(tiny.weights()))
    data = tiny.data().train
    step(data.images, data.labels, np.float32(0.1), 0)
    return step.values()["conv2_norm/gamma"]


def test_the_penalty_pulls_every_gamma_by_its_sub_gradient():
    # Nesterov's first step is rate · (1 + 0.9) · gradient; the penalty adds λ sign(γ) = 0.01 to it.
    moved = one_step_gamma(0.0) - one_step_gamma(0.01)
    np.testing.assert_allclose(moved, 0.1 * 1.9 * 0.01, rtol=1e-3)


def test_selection_meets_the_target_to_the_nearest_channel_and_counts_its_epochs():
    selection = slimming.select(tiny.context(), QUICK, Budget(0.6, None, 3))
    assert selection.epochs_used == 1
    reached = zeros_share(selection.weights)
    largest_channel = (tiny.SHAPE.positions * 16 + 9 * 6 + 1) / tiny.SHAPE.parameters
    assert abs(reached - 0.6) <= largest_channel
    assert all(len(kept) >= 1 for kept in selection.kept.values())


def test_the_cut_goes_by_gamma_over_all_layers_not_by_filter_norms():
    # "Network Slimming" by L1 norms of filters is the classical mistake.
    scales = {layer: np.ones(tiny.SHAPE.units[layer]) for layer in CHANNEL_LAYERS}
    strongest = int(np.argmax(l1_filter.filter_norms(tiny.weights())["conv3"]))
    scales["conv3"][strongest] = -1e-3  # |γ| counts, not γ
    counts = {layer: tiny.SHAPE.units[layer] for layer in CHANNEL_LAYERS}
    one_channel = (9 * 4 + 1 + 9 * 6) / tiny.SHAPE.parameters
    selection = cut_by_scales(scales, tiny.weights(), tiny.SHAPE, Budget(one_channel, None, 1), 1)
    assert {layer: len(kept) for layer, kept in selection.kept.items()} == {**counts, "conv3": 5}
    assert strongest not in selection.kept["conv3"]


def test_no_layer_loses_its_last_channel():
    scales = {layer: np.ones(tiny.SHAPE.units[layer]) for layer in CHANNEL_LAYERS}
    scales["conv2"] = np.zeros(4)
    selection = cut_by_scales(scales, tiny.weights(), tiny.SHAPE, Budget(0.9, None, 1), 1)
    assert len(selection.kept["conv2"]) == 1
