import re

import numpy as np
import pytest

from core.errors import SettingsError
from core.networks.network import REFERENCE
from core.networks.topology import CHANNEL_LAYERS, parameters_of
from core.pruning.allocation.channels import (
    CHANNEL_ALLOCATIONS,
    channel_counts,
    counts_by_order,
    keep_best,
    largest,
)
from core.pruning.allocation.scores import Layered
from tests.pruning.tiny import SHAPE

ALLOCATIONS = [name for name in CHANNEL_ALLOCATIONS if name != "sensitivity"]


def scores(shape, seed=0):
    rng = np.random.default_rng(seed)
    return {layer: rng.random(shape.units[layer]) + 0.5 for layer in CHANNEL_LAYERS}


def test_the_largest_are_kept_and_ties_go_by_index():
    assert largest(np.array([2.0, 5.0, 2.0, 1.0, 2.0]), 3).tolist() == [1, 2, 4]


@pytest.mark.parametrize("allocation", ALLOCATIONS)
@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.8, 0.9, 0.98])
def test_counts_come_within_one_channel_of_the_target(allocation, sparsity):
    counts = channel_counts(scores(REFERENCE), REFERENCE, allocation, sparsity)
    left = parameters_of(counts, REFERENCE)
    steps = [
        left - parameters_of({**counts, layer: counts[layer] - 1}, REFERENCE)
        for layer in CHANNEL_LAYERS
    ]
    assert abs(left - (1 - sparsity) * REFERENCE.parameters) <= max(steps)


def test_the_last_channel_is_the_one_that_ends_nearest():
    """After one unit of dense1 the order says conv4, which overshoots; one of conv1 fits."""
    order = {layer: np.full(SHAPE.units[layer], 9.0) for layer in CHANNEL_LAYERS}
    order["dense1"][0], order["conv4"][0], order["conv1"][0] = 1.0, 2.0, 3.0
    target = parameters_of({**SHAPE.units, "dense1": 15, "conv1": 3}, SHAPE)
    found = counts_by_order(order, SHAPE, 1 - target / SHAPE.parameters)
    assert {layer: found[layer] for layer in CHANNEL_LAYERS} == {
        "conv1": 3, "conv2": 4, "conv3": 6, "conv4": 6, "dense1": 15
    }  # fmt: skip


def test_balanced_prunes_the_wide_dense_layer_first():
    """At 80 % dense1 has shrunk from 512 to about 50, and nothing else has."""
    counts = channel_counts(scores(REFERENCE), REFERENCE, "balanced", 0.8)
    assert counts["dense1"] < 60
    assert counts["conv1"] >= 30
    assert counts["conv3"] >= 62


def test_balanced_narrows_cheap_layers_as_the_square_root_of_conv3_and_conv4():
    """18 dense units cost 28 % of the others; from there on they narrow like conv1 and conv2."""
    order = CHANNEL_ALLOCATIONS["balanced"](Layered(scores(REFERENCE), {}, REFERENCE))
    counts = counts_by_order(order, REFERENCE, 0.99)
    root = np.sqrt((counts["conv3"] + counts["conv4"]) / 128)
    assert counts["conv1"] == pytest.approx(32 * root, abs=1.5)
    assert counts["conv2"] == pytest.approx(32 * root, abs=1.5)
    assert counts["dense1"] == pytest.approx(18 * root, abs=1.5)


def test_uniform_keeps_the_same_share_of_every_layer():
    counts = channel_counts(scores(REFERENCE), REFERENCE, "uniform", 0.8)
    shares = [counts[layer] / REFERENCE.units[layer] for layer in CHANNEL_LAYERS]
    assert max(shares) - min(shares) < 0.04


def test_global_removes_the_channels_weakest_in_their_layer():
    weak = {layer: np.ones(SHAPE.units[layer]) for layer in CHANNEL_LAYERS}
    weak["conv3"][[1, 4]] = 0.01
    without_two = {layer: SHAPE.units[layer] for layer in CHANNEL_LAYERS} | {"conv3": 4}
    sparsity = 1 - parameters_of(without_two, SHAPE) / SHAPE.parameters
    counts = channel_counts(weak, SHAPE, "global", sparsity)
    assert counts == without_two
    assert keep_best(weak, counts)["conv3"].tolist() == [0, 2, 3, 5]


def test_no_layer_loses_its_last_channel():
    order = scores(SHAPE) | {"conv1": np.full(4, -9.0)}
    counts = counts_by_order(order, SHAPE, 0.5)
    assert counts["conv1"] == 1


def test_a_target_beyond_one_channel_a_layer_is_refused():
    with pytest.raises(SettingsError, match="cannot be reached by removing whole channels"):
        channel_counts(scores(SHAPE), SHAPE, "uniform", 0.999)


def test_the_highest_sparsity_is_said_so_exactly_that_it_can_be_chosen():
    """One channel a layer: 28 + 10 + 10 + 10 + 17 + 10 = 85 of 592,933 parameters."""
    with pytest.raises(SettingsError) as refused:
        counts_by_order(scores(REFERENCE), REFERENCE, 0.9999)
    said = re.search(r"A sparsity of (.*)% cannot .* at most (.*)%\.$", str(refused.value))
    assert said is not None
    assert (said[1], said[2]) == ("99.99", "99.9856")
    counts = counts_by_order(scores(REFERENCE), REFERENCE, float(said[2]) / 100)
    assert set(counts.values()) == {1}


def test_raw_compares_the_scores_of_all_layers_as_they_are():
    loud = scores(REFERENCE) | {"conv1": np.full(32, 1e6)}
    assert channel_counts(loud, REFERENCE, "raw", 0.8)["conv1"] >= 31
    assert channel_counts(loud, REFERENCE, "global", 0.8)["conv1"] < 31
