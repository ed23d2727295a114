"""Units that change nothing: found through the whole graph, and removed without a difference."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.networks.builder import Draft
from core.networks.graph import predict
from core.networks.groups.compaction import compact
from core.networks.groups.dead_units import without_dead_units
from core.networks.groups.unit_groups import unit_groups
from core.networks.layers import LAYER_KINDS as K
from core.networks.network import NetworkShape, initial_weights
from core.networks.reference import reference
from core.pruning.masks.dead_units import living_units
from core.pruning.one_shot import smallest_weights
from core.randomness import generator
from tests.networks.groups.test_any_graph import GRAPHS
from tests.networks.random_networks import networks, weights_of

SMALL = NetworkShape((12, 12, 3), 5, (6, 7, 8, 9, 10))


def test_a_unit_dies_with_the_last_that_reads_it_and_with_all_that_make_it():
    draft = Draft((3,))
    for number, width in enumerate((2, 2, 2), 1):
        draft.add(f"d{number}", K["Dense"](width, "relu"))
    network = draft.network()
    weights = {
        name: np.ones(shape, np.float32) for name, shape in network.parameter_shapes().items()
    }
    weights["d2/kernel"] = np.array([[1, 0], [0, 0]], np.float32)  # d1's second unit is not read
    weights["d2/bias"] = np.array([1, 0], np.float32)  # and d2's second says nothing
    kept = without_dead_units(unit_groups(network), weights)
    assert {name: mask.tolist() for name, mask in kept.items()} == {
        "d1": [True, False],
        "d2": [True, False],
    }
    weights["d2/bias"] = np.array([0, 5], np.float32)  # now it says 5 whatever it reads
    assert without_dead_units(unit_groups(network), weights)["d2"].all()


def test_batch_normalization_may_wake_a_silent_unit():
    draft = Draft((3,))
    draft.add("d1", K["Dense"](2, use_bias=False))
    draft.add("bn", K["BatchNormalization"]())
    draft.add("d2", K["Dense"](2))
    network = draft.network()
    weights = weights_of(network)
    weights["d1/kernel"][:, 1] = 0
    assert without_dead_units(unit_groups(network), weights)["d1"].all()
    weights["bn/beta"][1] = weights["bn/moving_mean"][1] = 0
    assert without_dead_units(unit_groups(network), weights)["d1"].tolist() == [True, False]


def test_on_the_reference_network_it_is_what_pruning_finds_without_biases():
    network = reference(SMALL)
    rng = generator(0, "dead")
    for share in (0.9, 0.97, 0.99):
        weights = initial_weights(SMALL, 0)
        weights = {n: np.where(rng.random(w.shape) < share, 0, w) for n, w in weights.items()}
        alive = living_units(weights)
        kept = without_dead_units(unit_groups(network), weights)
        for name, mask in kept.items():
            assert np.array_equal(mask, alive[name]) or not alive[name].any()


@given(networks(), st.floats(0.7, 0.97))
@GRAPHS
def test_removing_dead_units_changes_no_output(network, share):
    weights = weights_of(network)
    in_kernels = sum(weights[name].size for name in network.kernel_uses)
    pruned = smallest_weights(network, weights, share * in_kernels / network.parameters)
    pruned = {n: w * 0 if n.endswith(("bias", "beta", "mean")) else w for n, w in pruned.items()}
    groups = unit_groups(network)
    kept = without_dead_units(groups, pruned)
    small, arrays = compact(groups, pruned, kept)
    images = generator(0, "images").normal(size=(2, *network.input_shape)).astype(np.float32)
    expected = predict(network, pruned, images)
    scale = max(1.0, float(np.abs(expected).max()))
    assert np.abs(predict(small, arrays, images) - expected).max() <= 1e-4 * scale
