"""Unit groups by hand: which units go together, what is kept, what is cut."""

import numpy as np
import pytest

from core.errors import WeightsError
from core.networks import compact as of_reference
from core.networks.builder import Draft
from core.networks.graph import predict
from core.networks.groups.choice import keep_best, l1_scores
from core.networks.groups.compaction import compact, masked, scatter
from core.networks.groups.unit_groups import unit_groups
from core.networks.layers import LAYER_KINDS as K
from core.networks.network import NetworkShape, initial_weights
from core.networks.reference import reference
from core.networks.topology import CHANNEL_LAYERS, READER
from core.randomness import generator

SMALL = NetworkShape((12, 12, 3), 5, (3, 4, 5, 6, 7))


def random_weights(network):
    rng = generator(0, "weights")
    return {
        name: (rng.normal(size=size) if "variance" not in name else rng.random(size) + 0.5).astype(
            np.float32
        )
        for name, size in network.parameter_shapes().items()
    }


def groups_of(network):
    return {group.name: group for group in unit_groups(network).groups}


def test_the_reference_network_has_the_five_groups_of_today():
    found = unit_groups(reference())
    assert tuple(group.name for group in found.free) == CHANNEL_LAYERS
    for group in found.free:
        assert (group.makers, group.readers) == ((group.name,), (READER[group.name],))
    widths = dict(zip(CHANNEL_LAYERS, (32, 32, 64, 64, 512), strict=True))
    assert {group.name: len(group.units) for group in found.free} == widths
    kept_whole = {group.about for group in found.groups if not group.is_free}
    assert "dense2 has 5 units, all kept: the network's output" in kept_whole


def test_the_reference_network_is_cut_as_before():
    weights = initial_weights(SMALL, 0)
    groups = unit_groups(reference(SMALL))
    kept = keep_best(groups, l1_scores(groups, weights), 0.5)
    indices = {name: np.flatnonzero(mask) for name, mask in kept.items()}
    network, small = compact(groups, weights, kept)
    before = of_reference.compact(weights, indices)
    assert network == reference(of_reference.compact_shape(SMALL, indices))
    assert all(np.array_equal(small[name], before[name]) for name in before)
    full = of_reference.scatter(before, indices, SMALL)
    again = scatter(groups, small, kept)
    assert all(np.array_equal(again[name], full[name]) for name in full)


def test_a_residual_sum_ties_its_branches():
    draft = Draft((6, 6, 3))
    trunk = draft.add("stem", K["Conv2D"](4, (3,), padding="same"))
    draft.add("inner", K["Conv2D"](8, (3,), padding="same", activation="relu"))
    branch = draft.add("outer", K["Conv2D"](4, (3,), padding="same"))
    draft.add("sum", K["Add"](), trunk, branch)
    draft.add("pool", K["GlobalAveragePooling2D"]())
    draft.add("head", K["Dense"](2))
    found = groups_of(draft.network())
    assert found["stem"].makers == ("stem", "outer")
    assert found["stem"].readers == ("inner", "head")
    assert found["stem"].about == "stem and outer share 4 units"
    assert found["inner"].about == "inner has 8 units"


def test_concatenate_shifts_and_flatten_spreads():
    draft = Draft((2, 2, 1))
    one = draft.add("one", K["Conv2D"](2, (1,)))
    two = draft.add("two", K["Conv2D"](3, (1,)), "input")
    draft.add("joined", K["Concatenate"](), one, two)
    draft.add("flat", K["Flatten"]())
    draft.add("head", K["Dense"](2))
    network = draft.network()
    groups = unit_groups(network)
    weights = random_weights(network)
    kept = {"two": np.array([True, False, True])}
    small, cut = compact(groups, weights, kept)
    # Five channels at four positions: channel 3 (the second of "two") has rows 3, 8, 13 and 18.
    rows = [row for row in range(20) if row % 5 != 3]
    assert np.array_equal(cut["head/kernel"], weights["head/kernel"][rows])
    assert small.shapes["joined"] == (2, 2, 4)


def test_a_grouped_convolution_loses_whole_groups():
    draft = Draft((4, 4, 3))
    draft.add("before", K["Conv2D"](6, (1,)))
    draft.add("grouped", K["Conv2D"](12, (3,), groups=3))
    draft.add("pool", K["GlobalAveragePooling2D"]())
    draft.add("head", K["Dense"](2))
    groups = unit_groups(draft.network())
    assert [(group.name, len(group.units)) for group in groups.free] == [("before", 3)]
    weights = random_weights(groups.network)
    small, cut = compact(groups, weights, {"before": np.array([True, False, True])})
    assert cut["before/kernel"].shape == (1, 1, 3, 4)
    assert cut["grouped/kernel"].shape == (3, 3, 2, 8)
    assert small.by_name["grouped"].settings.groups == 2


def test_squeeze_and_excitation_follows_its_trunk():
    draft = Draft((4, 4, 3))
    trunk = draft.add("trunk", K["Conv2D"](6, (1,)))
    draft.add("squeeze", K["GlobalAveragePooling2D"]())
    draft.add("one", K["Reshape"]((1, 1, 6)))
    draft.add("reduce", K["Conv2D"](2, (1,), activation="relu"))
    gate = draft.add("expand", K["Conv2D"](6, (1,), activation="sigmoid"))
    draft.add("scaled", K["Multiply"](), trunk, gate)
    draft.add("pool", K["GlobalAveragePooling2D"]())
    draft.add("head", K["Dense"](2))
    groups = unit_groups(draft.network())
    assert [group.about for group in groups.free] == [
        "trunk and expand share 6 units",
        "reduce has 2 units",
    ]
    weights = random_weights(groups.network)
    kept = keep_best(groups, l1_scores(groups, weights), 0.5)
    small, cut = compact(groups, weights, kept)
    assert small.by_name["one"].settings.target_shape == (1, 1, 3)
    images = generator(0, "images").random((3, 4, 4, 3)).astype(np.float32)
    full = predict(groups.network, masked(groups, weights, kept), images)
    assert np.abs(predict(small, cut, images) - full).max() < 1e-5


def test_what_is_averaged_over_is_kept_whole_and_said():
    draft = Draft((4, 4, 3))
    draft.add("conv", K["Conv2D"](6, (1,)))
    draft.add("norm", K["LayerNormalization"]())
    draft.add("wide", K["Dense"](8, "gelu"))
    draft.add("pool", K["GlobalAveragePooling2D"]())
    draft.add("head", K["Dense"](2))
    groups = unit_groups(draft.network())
    assert [group.name for group in groups.free] == ["wide"]
    said = {group.about for group in groups.groups}
    assert "conv has 6 units, all kept: layer normalization averages over them" in said
    with pytest.raises(WeightsError, match="'conv' cannot be removed: layer normalization"):
        groups.keep({"conv": np.array([True] * 5 + [False])})


def test_a_group_keeps_at_least_one_unit():
    groups = unit_groups(reference(SMALL))
    with pytest.raises(WeightsError, match="at least one unit"):
        groups.keep({"conv1": np.zeros(3, bool)})
    with pytest.raises(WeightsError, match="no group 'conv9'"):
        groups.keep({"conv9": np.zeros(3, bool)})
