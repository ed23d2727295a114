"""Counting parameters by units, and how many units every group keeps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SettingsError
from core.networks.builder import Draft
from core.networks.groups.compaction import compact
from core.networks.groups.unit_groups import unit_groups
from core.networks.layers import LAYER_KINDS as K
from core.pruning.graphs.counts import Sizes, counts_for, keep_counts, ordered
from tests.networks.random_networks import networks, weights_of
from tests.pruning.graphs.tiny import perceptron, residual


@given(network=networks(), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_counting_agrees_with_cutting(network, seed):
    groups = unit_groups(network)
    rng = np.random.default_rng(seed)
    counts = {group.name: int(rng.integers(1, len(group.units) + 1)) for group in groups.free}
    kept = keep_counts({g.name: rng.random(len(g.units)) for g in groups.free}, counts)
    small, _ = compact(groups, weights_of(network), kept)
    sizes = Sizes(groups)
    assert sizes.parameters({**sizes.all_units, **counts}) == small.parameters


def test_a_perceptron_of_81_12_8_3_is_counted_by_hand():
    sizes = Sizes(unit_groups(perceptron()))
    # 81 * 5 + 5 = 410; 5 * 4 + 4 = 24; 4 * 3 + 3 = 15.
    assert sizes.parameters({"dense1": 5, "dense2": 4}) == 410 + 24 + 15


@pytest.mark.parametrize("allocation", ["uniform", "balanced", "global", "raw"])
def test_counts_come_as_near_as_one_unit_allows(allocation):
    sizes = Sizes(unit_groups(residual()))
    rng = np.random.default_rng(0)
    scores = {name: rng.random(count) for name, count in sizes.all_units.items()}
    whole = sizes.parameters(sizes.all_units)
    for target in (int(0.8 * whole), int(0.5 * whole)):
        counts = counts_for(sizes, ordered(sizes, scores, allocation), target)
        reached = sizes.parameters(counts)
        others = [{**counts, name: counts[name] - 1} for name in counts if counts[name] > 1]
        assert all(
            abs(reached - target) <= abs(sizes.parameters(other) - target) for other in others
        )


def test_one_unit_of_each_group_always_stays():
    sizes = Sizes(unit_groups(perceptron()))
    scores = {"dense1": np.zeros(12), "dense2": np.ones(8)}
    least = sizes.parameters({"dense1": 1, "dense2": 1})
    assert counts_for(sizes, scores, least) == {"dense1": 1, "dense2": 1}
    with pytest.raises(SettingsError, match="leaves"):
        counts_for(sizes, scores, least - 1)


def test_convolutions_shrink_alike_whatever_they_hold():
    """The residual blocks of a stage share most parameters of a network, and most of its work."""
    draft = Draft((8, 8, 3))
    draft.add("stem", K["Conv2D"](4, (3,)))
    draft.add("wide", K["Conv2D"](64, (3,)))
    draft.add("pool", K["GlobalAveragePooling2D"]())
    draft.add("head", K["Dense"](3))
    sizes = Sizes(unit_groups(draft.network()))
    scores = {"stem": np.arange(4.0), "wide": np.arange(64.0)}
    half = sizes.parameters({"stem": 2, "wide": 32})
    assert counts_for(sizes, ordered(sizes, scores, "balanced"), half) == {"stem": 2, "wide": 32}


def test_before_a_flattening_the_dense_layer_shrinks_and_not_the_convolution():
    draft = Draft((8, 8, 1))
    draft.add("conv", K["Conv2D"](16, (3,)))
    draft.add("flatten", K["Flatten"]())
    draft.add("dense1", K["Dense"](64))
    draft.add("dense2", K["Dense"](3))
    sizes = Sizes(unit_groups(draft.network()))  # conv's units and dense1's both hold 36,864
    scores = {"conv": np.arange(16.0), "dense1": np.arange(64.0)}
    counts = counts_for(sizes, ordered(sizes, scores, "balanced"), 20_000)
    assert counts["conv"] == 16
    assert counts["dense1"] < 40


def test_the_dense_layer_that_holds_most_parameters_shrinks_first():
    sizes = Sizes(unit_groups(perceptron()))  # dense1 holds 972 of 1,119
    scores = {"dense1": np.arange(12.0), "dense2": np.arange(8.0)}
    counts = counts_for(sizes, ordered(sizes, scores, "balanced"), 600)
    assert counts["dense1"] < 8
    assert counts["dense2"] == 8


def test_an_allocation_that_there_is_not_or_that_lacks_its_table_is_said():
    sizes, scores = Sizes(unit_groups(perceptron())), {"dense1": np.zeros(12)}
    with pytest.raises(SettingsError, match="needs the sensitivity analysis"):
        ordered(sizes, scores, "sensitivity")
    with pytest.raises(SettingsError, match="no allocation 'lamp' of units"):
        ordered(sizes, scores, "lamp")


def test_by_sensitivity_units_go_first_where_they_cost_least():
    sizes = Sizes(unit_groups(perceptron()))
    scores = {"dense1": np.arange(12.0), "dense2": np.arange(8.0)}
    levels = np.array([0.0, 0.5, 1.0])
    table = {"dense1": (levels, levels), "dense2": (levels, levels / 10)}
    # 1,115 parameters; a unit of dense2 has 12 weights, a bias, and 3 that read it.
    counts = counts_for(sizes, ordered(sizes, scores, "sensitivity", table), 1115 - 4 * 16)
    assert counts == {"dense1": 12, "dense2": 4}
