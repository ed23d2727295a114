import numpy as np
import pytest

from core.errors import SettingsError
from core.pruning.allocation.scores import (
    ALLOCATIONS,
    Layered,
    comparable,
    erk,
    lamp,
    ranks,
    uniform,
)
from core.pruning.masks.mask import cut
from tests.pruning.tiny import SHAPE, weights


def magnitudes():
    return {name: np.abs(value) for name, value in weights().items()}


def layer_sparsities(allocation, sparsity, sensitivity=None):
    between = comparable(magnitudes(), weights(), SHAPE, allocation, sensitivity)
    densities = cut(between, sparsity).densities()
    return {layer: 1 - density for layer, density in densities.items()}


def test_ranks_count_from_the_top_and_ties_put_the_lower_index_lower():
    assert ranks(np.array([3.0, 9.0, 3.0, 1.0])).tolist() == [2, 0, 1, 3]


def test_lamp_divides_by_the_squares_that_are_not_smaller():
    """1, 2, 3: squares 1, 4, 9; 1/(1+4+9), 4/(4+9), 9/9."""
    found = lamp(Layered({"a": np.array([2.0, 3.0, 1.0])}, {}, SHAPE))["a"]
    np.testing.assert_allclose(found, [4 / 13, 1.0, 1 / 14])


def test_lamp_keeps_the_last_weight_of_every_layer_longest():
    found = lamp(Layered({"a": np.array([0.001, 0.0001]), "b": np.array([5.0, 4.0])}, {}, SHAPE))
    assert found["a"].max() == found["b"].max() == 1.0


def test_uniform_removes_the_same_share_everywhere():
    found = uniform(Layered({"a": np.arange(10.0), "b": np.arange(20.0)}, {}, SHAPE))
    mask = cut({"a/kernel": found["a"], "b/kernel": found["b"]}, 0.5)
    assert mask.densities() == {"a": 0.5, "b": 0.5}


def test_erk_density_follows_the_sides_over_the_product():
    """conv2 3x3x4x4: 14/144; conv4 3x3x6x6: 18/324; so conv2 is 1.75 times as dense."""
    scores = {"conv2": np.arange(3000.0), "conv4": np.arange(3000.0)}
    found = erk(Layered(scores, {}, SHAPE))
    kept = {layer: int((found[layer] > -1 / 3).sum()) for layer in found}
    assert kept["conv2"] / kept["conv4"] == pytest.approx((14 / 144) / (18 / 324), abs=0.02)


def test_the_threshold_of_a_layer_is_quality_times_its_deviation():
    """Scores over deviation: a: 2/2, 6/2; b: 0.5/1, 2/1; the two lowest are a's 1 and b's 0.5."""
    scores = {"a": np.array([2.0, 6.0]), "b": np.array([0.5, 2.0])}
    found = ALLOCATIONS["layer_threshold"](Layered(scores, {"a": 2.0, "b": 1.0}, SHAPE))
    assert found["a"].tolist() == [1.0, 3.0]
    assert found["b"].tolist() == [0.5, 2.0]


def test_global_pruning_compares_raw_magnitudes():
    between = comparable(magnitudes(), weights(), SHAPE, "global")
    kept, removed = [], []
    for name, stays in cut(between, 0.6).arrays.items():
        kept.append(np.abs(weights()[name])[stays])
        removed.append(np.abs(weights()[name])[~stays])
    assert np.concatenate(kept).min() >= np.concatenate(removed).max()


def test_sensitive_layers_keep_more():
    """conv1 loses accuracy at once, all others only at the very end."""
    levels = np.array([0.0, 0.5, 1.0])
    tough, fragile = np.array([0.0, 0.0, 0.3]), np.array([0.0, 0.25, 0.5])
    curves = dict.fromkeys(("conv2", "conv3", "conv4", "dense1", "dense2"), (levels, tough))
    found = layer_sparsities("sensitivity", 0.5, curves | {"conv1": (levels, fragile)})
    assert found["conv1"] < 0.15
    assert found["dense1"] > 0.45


def test_sensitivity_without_its_analysis_is_refused():
    with pytest.raises(SettingsError, match="needs the sensitivity analysis"):
        layer_sparsities("sensitivity", 0.5)


def test_an_unknown_allocation_is_refused():
    with pytest.raises(SettingsError, match="Choose one of: lamp"):
        layer_sparsities("fair", 0.5)


@pytest.mark.parametrize("allocation", [name for name in ALLOCATIONS if name != "sensitivity"])
@pytest.mark.parametrize("sparsity", [0.0, 0.37, 0.9])
def test_every_allocation_meets_the_target_to_one_weight(allocation, sparsity):
    between = comparable(magnitudes(), weights(), SHAPE, allocation)
    assert cut(between, sparsity).zeros == round(sparsity * SHAPE.parameters)


@pytest.mark.parametrize("allocation", [name for name in ALLOCATIONS if name != "sensitivity"])
def test_within_a_layer_every_allocation_keeps_the_order_of_the_scores(allocation):
    scores = {"a": np.array([0.3, 0.1, 0.9, 0.5])}
    shaped = Layered({"conv2": scores["a"]}, {"conv2": 1.0}, SHAPE)
    found = ALLOCATIONS[allocation](shaped)["conv2"]
    assert np.argsort(found).tolist() == [1, 0, 3, 2]


def test_weights_cut_before_do_not_lower_a_layers_threshold():
    """Half of conv2 is gone: its deviation is that of the rest, so its scores do not rise."""
    values = weights()
    half = {name: value.copy() for name, value in values.items()}
    half["conv2/kernel"].reshape(-1)[::2] = 0
    half["conv2/bias"][:] = 0
    scores = {name: np.abs(value) for name, value in half.items()}
    found = comparable(scores, half, SHAPE, "layer_threshold")
    left = half["conv2/kernel"][half["conv2/kernel"] != 0]
    np.testing.assert_allclose(
        found["conv2/kernel"], scores["conv2/kernel"] / left.astype(np.float64).std(), rtol=1e-5
    )
