"""Network Slimming: exact insertion and folding of normalisation, and a global cut by |γ|."""

import numpy as np
import pytest

from core.networks.topology import CHANNEL_LAYERS
from core.progress import Silent, Stopped
from core.pruning.activations import layer_input, pre_activation_statistics
from core.pruning.masks.dead_units import channel_mask
from core.pruning.method import Budget
from core.pruning.methods import l1_filter, slimming
from core.pruning.methods.slimming import NetworkSlimming
from core.pruning.paper_recipe import default_recipe
from core.pruning.plan import PrunePlan
from core.pruning.sparse_training.gammas import (
    NEAR,
    Gammas,
    constants_kept,
    gammas_of,
    reached,
    rectified_mean,
)
from core.pruning.sparse_training.growing_penalty import GrowingPenalty
from core.pruning.sparse_training.scales import cut_by_scales
from core.settings import to_dict
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


ADAPTED = NetworkSlimming(batch_size=16, growth=1e4)
KEPT = {"conv1": 3, "conv2": 3, "conv3": 4, "conv4": 4, "dense1": 6}
BUDGET = Budget(0.6, KEPT, 30)


def scales_of(settings):
    """Return what the notes say of γ after sparse training on the tiny network."""
    chosen = slimming.select(tiny.context(), settings, BUDGET)
    return gammas_of(chosen.notes)


def test_a_penalty_that_hardly_grows_moves_no_scale_to_zero_and_the_notes_say_so():
    found = scales_of(NetworkSlimming(batch_size=16, growth=1.001))
    assert found.near == 0
    assert found.cut == sum(tiny.SHAPE.units[layer] - KEPT[layer] for layer in KEPT)


def test_the_growing_penalty_brings_what_is_cut_near_zero_and_leaves_the_rest():
    found = scales_of(ADAPTED)
    assert found.near >= 0.9 * found.cut
    assert found.low > NEAR


def test_a_new_plan_begins_with_the_growing_penalty_and_a_stored_one_keeps_its_own():
    assert default_recipe("slimming", 0.9, 6).method_settings.growth == 1e4
    stored = PrunePlan.from_dict({"method": "slimming", "sparsity": 0.9})
    assert stored.method_settings.growth == 1.0
    assert stored.digest == "a29a68d956df497a"  # as version 0.1 has it
    assert "growth" not in to_dict(NetworkSlimming())  # nor is it in what is stored


def test_lambda_grows_while_gamma_lags_behind_the_plan_and_shrinks_while_it_is_ahead():
    plan = GrowingPenalty(start=1e-4, growth=100.0, steps=10, sparsity=0.9)
    factor = 100 ** (1 / 10)
    # After five of ten steps .9 * 5/10 = .45 of what is to be cut is due.
    assert float(plan.next(0.01, 4.0, 0.44)) == pytest.approx(0.01 * factor)
    assert float(plan.next(0.01, 4.0, 0.46)) == pytest.approx(0.01 / factor)
    assert float(plan.next(1e-4, 4.0, 0.46)) == pytest.approx(1e-4)  # never below the start


def test_the_share_reached_counts_a_layer_only_as_far_as_it_is_to_be_cut():
    plan = GrowingPenalty(1e-4, 100.0, 10, 0.6, kept=KEPT)
    gammas = {n: np.full(tiny.SHAPE.units[n], 0.5, np.float32) for n in CHANNEL_LAYERS}
    gammas["conv1"][:] = 0.01  # all 4 near zero, but only 1 of them is to go
    gammas["dense1"][:5] = -0.01  # 5 of the 10 that are to go
    assert float(plan.reached(gammas, tiny.SHAPE)) == pytest.approx(6 / (1 + 1 + 2 + 2 + 10))


def test_a_note_gives_back_what_it_says_and_rounds_add_up():
    first, last = Gammas(9, 10, 0.31, 0.6), Gammas(3, 5, 0.2, 0.7)
    assert gammas_of(["Other.", first.note]) == first
    assert gammas_of([first.note, last.note]) == Gammas(12, 15, 0.2, 0.7)
    assert gammas_of(["Other."]) is None


def test_the_range_reached_is_that_of_the_scales():
    scales = {layer: np.full(tiny.SHAPE.units[layer], 0.3) for layer in CHANNEL_LAYERS}
    scales["dense1"][:12] = -0.04
    kept = {layer: np.arange(tiny.SHAPE.units[layer]) for layer in CHANNEL_LAYERS}
    kept["dense1"] = np.arange(11, 16)
    assert reached(scales, kept) == Gammas(11, 11, 0.04, 0.3)


def test_the_mean_of_a_rectified_scale_is_that_of_many_samples():
    normal = np.random.default_rng(0).standard_normal(1_000_000)
    gamma, beta = np.array([0.5, -0.2, 1e-9, 1e-9]), np.array([0.1, -0.3, 0.7, -0.7])
    sampled = [np.maximum(abs(g) * normal + b, 0).mean() for g, b in zip(gamma, beta, strict=True)]
    np.testing.assert_allclose(rectified_mean(gamma, beta), sampled, atol=1e-3)


def test_a_channel_with_gamma_zero_can_go_without_changing_an_answer():
    """conv3 reads with zero padding, where a constant is none at the border: conv2 keeps all."""
    values = start()
    rng = np.random.default_rng(3)
    kept = {layer: np.arange(tiny.SHAPE.units[layer]) for layer in CHANNEL_LAYERS}
    for layer in ("conv1", "conv3", "conv4", "dense1"):
        values[f"{layer}_norm/gamma"][:2] = 0.0
        values[f"{layer}_norm/beta"][:2] = rng.normal(0, 1, 2)
        kept[layer] = np.arange(2, tiny.SHAPE.units[layer])
    whole = fold(values)
    cut = channel_mask(kept, tiny.SHAPE).apply(constants_kept(whole, values, kept))
    images = tiny.data().holdout.images
    np.testing.assert_allclose(probabilities(cut, images), probabilities(whole, images), atol=1e-5)
    assert not np.allclose(
        probabilities(channel_mask(kept, tiny.SHAPE).apply(whole), images),
        probabilities(whole, images),
        atol=1e-3,
    )


def test_stopped_while_lambda_grows_it_goes_on_bit_for_bit():
    """λ and its steps are variables of the model, so the checkpoint has them."""
    straight = slimming.select(tiny.context(), ADAPTED, Budget(0.6, KEPT, 9))
    progress = tiny.StopsAfter(2)
    with pytest.raises(Stopped):
        slimming.select(tiny.context(progress), ADAPTED, Budget(0.6, KEPT, 9))
    resumed = Silent()
    resumed.state = progress.state
    again = slimming.select(tiny.context(resumed), ADAPTED, Budget(0.6, KEPT, 9))
    assert again.notes == straight.notes
    for name, value in straight.weights.items():
        np.testing.assert_array_equal(again.weights[name], value)
