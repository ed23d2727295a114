"""What the methods that read data or train do with unit groups, on cases small enough to check."""

import numpy as np
import pytest

from core.data.dataset import Dataset, Split
from core.evaluation.accuracy import predict
from core.networks.builder import Draft
from core.networks.graph import predict as predict_in_numpy
from core.networks.groups.dead_units import without_dead_units
from core.networks.groups.unit_groups import unit_groups
from core.networks.initializers import initial_values
from core.networks.layers import LAYER_KINDS as K
from core.networks.prepare import prepare_for
from core.progress import Silent
from core.pruning.graphs.prune_network import prune_network
from core.pruning.groups.context import GraphContext
from core.pruning.groups.factors import Factors
from core.pruning.groups.gammas import gammas_of, scaled_groups, scales_of
from core.pruning.groups.readers import judged_groups, readers_of, sampled_rows
from core.pruning.plan import PrunePlan
from tests.pruning.graphs.tiny import DATASET, SIDE, data, plain, residual, weights

pytestmark = pytest.mark.slow  # TensorFlow


def context(name):
    read = data(name)
    return GraphContext(read.network, weights(name), read, 0, Silent())


def test_units_of_a_sum_are_not_judged_by_their_readers():
    assert judged_groups(unit_groups(residual())) == ("inner",)  # stem and outer share theirs
    assert judged_groups(unit_groups(plain())) == ("conv1", "conv2", "dense1")


def test_flattened_units_belong_to_every_position():
    groups = unit_groups(plain())
    (reader,) = readers_of(groups, groups.by_name["conv2"])
    assert reader.layer == "dense1"
    assert reader.of_unit.tolist() == [0, 1, 2, 3, 4, 5] * 4  # a map of 2 x 2


@pytest.mark.parametrize(("name", "layer"), [("plain", "conv2"), ("residual", "outer")])
def test_sampled_rows_give_the_layers_own_outputs(name, layer):
    one = context(name)
    (rows,) = sampled_rows(one, [one.weights], layer, 4, 5, "test")
    kernel = one.weights[f"{layer}/kernel"]
    found = rows @ kernel.reshape(-1, kernel.shape[-1])
    from core.networks.graph import outputs
    from core.networks.output_layer import with_settings

    bare = one.network.by_name[layer].settings.with_options(activation="linear", use_bias=False)
    network = with_settings(one.network, {layer: bare})
    every = outputs(network, one.weights, one.data.train.images)[layer]
    flat = {tuple(np.round(row, 3)) for row in every.reshape(-1, every.shape[-1])}
    assert all(tuple(np.round(row, 3)) in flat for row in found[:3])


@pytest.mark.parametrize("method", ["thinet", "regression"])
def test_units_that_say_the_same_cost_nothing(method):
    draft = Draft((SIDE, SIDE, 1))
    draft.add("conv", K["Conv2D"](6, (3,), activation="relu"))
    draft.add("next", K["Conv2D"](4, (3,), activation="relu"))
    draft.add("pool", K["GlobalAveragePooling2D"]())
    draft.add("head", K["Dense"](3))
    network = draft.network()
    read = prepare_for(DATASET, network)
    rng = np.random.default_rng(0)
    dense = {
        n: rng.uniform(0.1, 0.5, s).astype(np.float32)
        for n, s in network.parameter_shapes().items()
    }
    for part in ("conv/kernel", "conv/bias"):
        dense[part][..., 3:] = dense[part][..., :3]  # units 3 to 5 repeat 0 to 2
    plan = PrunePlan(method=method, sparsity=0.35, epochs=0, allocation="uniform")
    found = prune_network(dense, read, plan, 0, Silent())
    images = read.holdout.images
    kept = found.small[0].by_name["conv"].settings.filters
    assert 3 <= kept < 6
    if found.small[0].by_name["next"].settings.filters == 4:
        np.testing.assert_allclose(
            predict(found.weights, network, images), predict(dense, network, images), atol=2e-2
        )


def test_scales_are_the_networks_own_where_it_has_them():
    groups = unit_groups(residual())
    assert set(scaled_groups(groups)) == {"stem", "inner"}
    assert [name for name, _ in gammas_of(groups)["inner"]] == ["inner_bn/gamma"]
    both = [name for name, _ in gammas_of(groups)["stem"]]
    assert both == ["stem_bn/gamma", "outer_bn/gamma"]  # a residual sum: both carry its units
    temporary = gammas_of(unit_groups(plain()))
    assert [name for name, _ in temporary["conv1"]] == ["conv1_norm/gamma"]


def test_factors_stand_on_units_and_on_the_residual_block_and_fold_away():
    factors = Factors.of(residual())
    assert factors.units == {"inner": "inner_bn"}
    assert factors.blocks == {"add": "outer_bn"}
    arrays = weights("residual")
    rng = np.random.default_rng(0)
    scales = {
        f"{place}_scale/gamma": rng.uniform(0, 1, size).astype(np.float32)
        for place, size in (("inner_bn", 8), ("outer_bn", 6))
    }
    images = data("residual").holdout.images
    wanted = predict_in_numpy(factors.network, {**arrays, **scales}, images)
    folded = factors.fold({**arrays, **scales})
    np.testing.assert_allclose(predict_in_numpy(residual(), folded, images), wanted, atol=1e-5)


def test_a_block_whose_factor_is_zero_goes():
    factors = Factors.of(residual())
    arrays = weights("residual") | {
        "inner_bn_scale/gamma": np.ones(8, np.float32),
        "outer_bn_scale/gamma": np.zeros(6, np.float32),
    }
    folded = factors.fold(arrays)
    assert not folded["outer_bn/gamma"].any()
    assert not folded["outer_bn/beta"].any()
    groups = unit_groups(residual())
    assert without_dead_units(groups, folded)["inner"].tolist() == [True] + [False] * 7
    scores = factors.scores(groups, arrays, folded)
    assert scores["inner"].tolist() == [1.0] + [0.0] * 7  # the one that has to stay


def test_a_block_whose_factor_is_not_zero_stays():
    factors = Factors.of(residual())
    arrays = weights("residual") | {
        "inner_bn_scale/gamma": np.full(8, 0.5, np.float32),
        "outer_bn_scale/gamma": np.full(6, 1e-3, np.float32),
    }
    scores = factors.scores(unit_groups(residual()), arrays, factors.fold(arrays))
    assert scores["inner"].tolist() == [0.5] * 8
    assert factors.gone(arrays) == []


def of_groups_and_flattened():
    """Eight channels, a convolution in four groups, and normalization of what is flattened."""
    draft = Draft((4, 4, 1))
    draft.add("first", K["Conv2D"](8, (3,), use_bias=False))
    draft.add("first_bn", K["BatchNormalization"]())
    draft.add("grouped", K["Conv2D"](8, (1,), groups=4, use_bias=False))
    draft.add("flatten", K["Flatten"]())
    draft.add("flat_bn", K["BatchNormalization"]())
    draft.add("head", K["Dense"](3))
    return draft.network()


def test_a_units_scale_is_the_mean_of_all_its_entries():
    network = of_groups_and_flattened()
    groups = unit_groups(network)
    found = gammas_of(groups)
    assert {n for each in found.values() for n, _ in each} == {"first_bn/gamma", "flat_bn/gamma"}
    rng = np.random.default_rng(0)
    variables = {n: rng.normal(size=s) for n, s in network.parameter_shapes().items()}
    several = False
    for name, scales in scales_of(groups, variables).items():
        for unit, scale in zip(groups.by_name[name].units, scales, strict=True):
            entries = [np.abs(variables[each][of == unit]) for each, of in found[name]]
            several |= any(len(each) > 1 for each in entries)
            assert scale == pytest.approx(sum(each.mean() for each in entries))
    assert several


def two_branches():
    """A dense layer that reads two groups of units, joined."""
    draft = Draft((6,))
    left = draft.add("left", K["Dense"](5, "relu"))
    right = draft.add("right", K["Dense"](4, "relu"), "input")
    draft.add("joined", K["Concatenate"](), left, right)
    draft.add("head", K["Dense"](3))
    return draft.network()


def test_a_layer_that_reads_two_groups_is_fitted_to_what_the_network_gave():
    """The second group's fit must not take the bias of the first one's for the network's own."""
    network = two_branches()
    images = np.random.default_rng(0).random((60, 6)).astype(np.float32)
    labels = np.arange(60) % 3
    read = prepare_for(
        Dataset("rows", ("a", "b", "c"), *(Split(images, labels) for _ in range(3))), network
    )
    dense = initial_values(network, 3)
    dense |= {"head/bias": np.array([0.5, -0.3, 0.2], np.float32)}
    plan = PrunePlan(method="regression", sparsity=0.5, epochs=0)
    pruned = prune_network(dense, read, plan, 0, Silent()).weights
    before, after = (predict_in_numpy(network, each, images) for each in (dense, pruned))
    np.testing.assert_allclose(after.mean(axis=0), before.mean(axis=0), atol=1e-2)


def test_slimming_presses_scales_that_are_not_held():
    plan = PrunePlan(
        method="slimming", sparsity=0.4, epochs=3, batch_size=8, settings={"growth": 1e4}
    )
    found = prune_network(weights("residual"), data("residual"), plan, 0, Silent())
    assert found.small[0].parameters < residual().parameters
    assert len(found.history) == 2  # one of the three epochs trained sparsely
