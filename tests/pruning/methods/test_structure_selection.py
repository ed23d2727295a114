"""Sparse Structure Selection: the proximal step by hand, exact zeros, exact folding."""

import numpy as np
import pytest

from core.networks.network import NetworkShape
from core.networks.topology import CHANNEL_LAYERS, parameters_of
from core.pruning.method import Budget
from core.pruning.methods import structure_selection
from core.pruning.methods.structure_selection import StructureSelection
from core.pruning.sparse_training.proximal import AUDIBLE, PenaltyRamp, file_sparsity, proximal_step
from core.pruning.sparse_training.scaled_network import (
    STATE,
    fold_scales,
    momentum_name,
    scale_name,
)
from core.training.recipe import Recipe
from core.training.step import Step
from core.training.temporary_batchnorm import EPSILON
from tests.numpy_forward import probabilities
from tests.pruning import tiny

pytestmark = pytest.mark.slow  # TensorFlow

CALM = Recipe(optimizer="sgd", dropout_first=0, dropout_second=0, dropout_dense=0, l2=0)
ALL = {layer: tiny.SHAPE.units[layer] for layer in CHANNEL_LAYERS}


def stepper(ramp: PenaltyRamp, shape: NetworkShape = tiny.SHAPE) -> Step:
    """A scaled network that can be advanced one batch at a time."""
    architecture = structure_selection.scaled_architecture(shape, ramp, tiny.data().train.images)
    step = Step(architecture, shape, CALM)
    step.start(architecture.load(tiny.weights()))
    return step


def advance(step: Step, times: int, rate: float = 0.0) -> dict[str, np.ndarray]:
    data = tiny.data().train
    for index in range(times):
        step(data.images, data.labels, np.float32(rate), index)
    return step.values()


def factors(values):
    return {layer: values[scale_name(layer)] for layer in CHANNEL_LAYERS}


def test_one_step_of_accelerated_proximal_gradient_by_hand():
    # λ = 1, v = 0.1, ∇ = 2, η = 0.1, γ = 3: λ − η∇ = 0.8, z = 0.8 − 0.3 = 0.5,
    # v = 0.5 − 1 + 0.9·0.1 = −0.41, λ = 0.5 − 0.9·0.41 = 0.131.
    factor, momentum = proximal_step(np.float32(1), np.float32(0.1), np.float32(2), 0.1, 3.0)
    assert float(momentum) == pytest.approx(-0.41, abs=1e-6)
    assert float(factor) == pytest.approx(0.131, abs=1e-6)


def test_a_factor_that_would_become_negative_is_exactly_zero():
    # z = soft(0.1, 0.3) = 0, v = −0.1 + 0.9·(−1) = −1, z + μv = −0.9.
    factor, _ = proximal_step(np.float32(0.1), np.float32(-1), np.float32(0), 0.1, 3.0)
    assert float(factor) == 0.0


def test_the_compiled_step_does_the_same_arithmetic_to_every_factor():
    # Rate 0 leaves the weights; without penalty λ₁ = 1 − (1 + μ)η∇, v₁ = −η∇.
    ramp = PenaltyRamp(0.9, 1e-12, 1.0001, 1000, 0.01)
    values = advance(stepper(ramp), 1)
    for layer in CHANNEL_LAYERS:
        velocity = values[momentum_name(layer)]
        np.testing.assert_allclose(factors(values)[layer], 1 + 1.9 * velocity, atol=1e-6)
    assert any(np.abs(values[momentum_name(layer)]).max() > 1e-5 for layer in CHANNEL_LAYERS)


def test_the_penalty_grows_while_zeros_lag_behind_the_plan():
    # growth 16 over 4 steps is 2 a step; no zero after the first: γ = 0.001 · 2.
    values = advance(stepper(PenaltyRamp(0.5, 1e-3, 16.0, 4, 1e-6)), 1)
    penalty, step, met = values[STATE]
    assert (penalty, step, met) == (pytest.approx(2e-3), 1, 0)


def test_factors_reach_exact_zeros_and_stop_short_of_the_target():
    values = advance(stepper(PenaltyRamp(0.6, 0.1, 1e4, 20, 0.05)), 60)
    reached = float(file_sparsity(factors(values), tiny.SHAPE))
    assert 0.3 < reached <= 0.6
    assert all((factors(values)[layer] > 0).any() for layer in CHANNEL_LAYERS)
    assert any((factors(values)[layer] == 0).any() for layer in CHANNEL_LAYERS)


def test_a_dead_factor_stays_dead():
    step = stepper(PenaltyRamp(0.6, 0.1, 1e4, 20, 0.05))
    dead = {layer: value == 0 for layer, value in factors(advance(step, 20)).items()}
    later = factors(advance(step, 20, rate=0.01))
    for layer in CHANNEL_LAYERS:
        assert not later[layer][dead[layer]].any()


def test_a_layer_keeps_its_last_factor_whatever_the_penalty():
    values = advance(stepper(PenaltyRamp(0.99, 50.0, 2.0, 5, 0.5)), 30)
    assert all((factors(values)[layer] > 0).sum() >= 1 for layer in CHANNEL_LAYERS)


def test_what_stays_is_never_pressed_to_nothing():
    """A penalty that meets the target at once leaves momentum behind, which must not kill."""
    least = {"conv1": 3, "conv2": 2, "conv3": 4, "conv4": 5, "dense1": 6}
    target = 1 - parameters_of(least, tiny.SHAPE) / tiny.SHAPE.parameters
    values = advance(stepper(PenaltyRamp(target, 10.0, 2.0, 5, 0.5, least)), 30)
    assert values[STATE][2] == 1  # met
    for layer, factor in factors(values).items():
        assert np.sort(factor)[-least[layer]] >= AUDIBLE - 1e-6


def test_an_allocation_is_never_undercut():
    least = {"conv1": 3, "conv2": 2, "conv3": 4, "conv4": 5, "dense1": 6}
    alive = factors(advance(stepper(PenaltyRamp(0.9, 10.0, 2.0, 5, 0.5, least)), 30))
    for layer, count in least.items():
        assert (alive[layer] > 0).sum() >= count
    assert any((alive[layer] == 0).any() for layer in least)


def test_with_an_allocation_the_target_is_what_the_allocation_reaches():
    kept = {"conv1": 3, "conv2": 2, "conv3": 4, "conv4": 5, "dense1": 6}
    settings = StructureSelection(batch_size=48, ramp=0.5)
    ramp = structure_selection.ramp_of(tiny.context(), settings, Budget(0.9, kept, 6), 2)
    assert ramp.sparsity == 1 - parameters_of(kept, tiny.SHAPE) / tiny.SHAPE.parameters
    assert ramp.steps == 2  # half of 2 epochs of 96 / 48 steps
    assert ramp.least == kept


def test_the_file_sparsity_counts_parameters_as_the_topology_does():
    rng = np.random.default_rng(0)
    some = {layer: (rng.random(count) < 0.6).astype(np.float32) for layer, count in ALL.items()}
    for value in some.values():
        value[0] = 1
    widths = {layer: int(value.sum()) for layer, value in some.items()}
    wanted = 1 - parameters_of(widths, tiny.SHAPE) / tiny.SHAPE.parameters
    assert float(file_sparsity(some, tiny.SHAPE)) == pytest.approx(wanted, abs=1e-6)


def test_folding_the_factors_changes_no_answer():
    step = stepper(PenaltyRamp(0.6, 1e-3, 10.0, 20, 0.05))
    values = advance(step, 5, rate=0.01)
    images = tiny.data().holdout.images
    logits = np.asarray(step._model(images, training=False), np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    scaled = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities(fold_scales(values), images), scaled, atol=1e-5)


def test_folding_by_hand():
    # λ = 2 doubles kernel and bias of its channel and nothing else.
    plain = tiny.weights()
    values = dict(plain)
    for layer, count in ALL.items():
        norm = {"gamma": np.sqrt(1 + EPSILON), "beta": plain[f"{layer}/bias"]}
        norm |= {"moving_mean": 0.0, "moving_variance": 1.0}  # normalisation that changes nothing
        for part, value in norm.items():
            values[f"{layer}_norm/{part}"] = np.full(count, 1, "f4") * np.float32(value)
        values[scale_name(layer)] = np.ones(count, "f4")
    values[scale_name("conv1")][1] = 2
    folded = fold_scales(values)
    np.testing.assert_allclose(folded["conv1/kernel"][..., 1], 2 * values["conv1/kernel"][..., 1])
    np.testing.assert_allclose(folded["conv1/bias"][1], 2 * values["conv1/bias"][1])
    np.testing.assert_array_equal(folded["conv1/kernel"][..., 0], values["conv1/kernel"][..., 0])


def test_selection_meets_the_target_to_the_nearest_channel_and_counts_its_epochs():
    settings = StructureSelection(batch_size=8, factor_rate=0.05, penalty=0.1)
    selection = structure_selection.select(tiny.context(), settings, Budget(0.6, None, 3))
    zeros = sum(int((v == 0).sum()) for v in selection.weights.values())
    largest_channel = tiny.SHAPE.positions * 16 + 9 * 6 + 1
    assert selection.epochs_used == 1
    assert abs(zeros - 0.6 * tiny.SHAPE.parameters) <= largest_channel
    assert "sparsity" in selection.notes[0]
