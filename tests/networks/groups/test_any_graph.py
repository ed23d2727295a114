"""Unit groups on random graphs, against a slow reference that tries what changes what."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.evaluation.cost import zeros
from core.networks.graph import layer_weights, predict
from core.networks.groups.compaction import compact, masked, scatter
from core.networks.groups.unit_groups import unit_groups
from core.networks.layers.reshaping import InputLayer
from core.pruning.one_shot import smallest_weights
from core.randomness import generator
from tests.networks.random_networks import networks, weights_of

GRAPHS = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@given(networks(), st.randoms(use_true_random=False))
@GRAPHS
def test_the_compact_network_predicts_as_the_masked_one(network, random):
    weights, groups = weights_of(network), unit_groups(network)
    kept = {}
    for group in groups.free:
        mask = np.array([random.random() < 0.5 for _ in group.units])
        mask[random.randrange(len(mask))] = True
        kept[group.name] = mask
    small, arrays = compact(groups, weights, kept)
    images = generator(0, "images").normal(size=(3, *network.input_shape)).astype(np.float32)
    full = masked(groups, weights, kept)
    expected = predict(network, full, images)
    scale = max(1.0, float(np.abs(expected).max()))
    assert np.abs(predict(small, arrays, images) - expected).max() <= 1e-4 * scale
    again = scatter(groups, arrays, kept)
    assert zeros(again) >= network.parameters - small.parameters
    assert all(np.array_equal(again[name], full[name]) for name in full)


@given(networks(), st.floats(0.3, 0.9))
@GRAPHS
def test_sparsity_is_exact(network, sparsity):
    weights = weights_of(network)
    in_kernels = sum(weights[name].size for name in network.kernel_uses)
    wanted = min(round(sparsity * network.parameters), in_kernels)
    pruned = smallest_weights(network, weights, wanted / network.parameters)
    assert zeros(pruned) == wanted
    left = [np.abs(pruned[n][pruned[n] != 0]).min() for n in network.kernel_uses if pruned[n].any()]
    gone = [np.abs(weights[n][pruned[n] == 0]) for n in network.kernel_uses]
    assert min(left, default=np.inf) >= max((g.max() for g in gone if g.size), default=0)


class Ties:
    """A slow union-find over (layer, channel)."""

    def __init__(self):
        self.parent = {}

    def root(self, key):
        self.parent.setdefault(key, key)
        while self.parent[key] != key:
            key = self.parent[key]
        return key

    def tie(self, one, other):
        self.parent[self.root(one)] = self.root(other)


def channels_that_follow(network, weights, layer, shapes):
    """Return (input number, channel) -> the output channels that change with it, by trying."""
    rng = generator(0, layer.name)
    reads = [rng.normal(size=(2, *shape)).astype(np.float64) + 0.1 for shape in shapes]
    parts = {
        k: v.astype(np.float64) for k, v in layer_weights(network, weights, layer.name).items()
    }
    before = layer.settings.forward(parts, reads)
    found = {}
    for number, shape in enumerate(shapes):
        for channel in range(shape[-1]):
            changed = [each.copy() for each in reads]
            changed[number][..., channel] += 3 * rng.normal(size=reads[number].shape[:-1])
            moved = layer.settings.forward(parts, changed) != before
            axes = tuple(range(moved.ndim - 1))
            found[number, channel] = np.flatnonzero(moved.any(axis=axes))
    return found


def slow_classes(network, weights):
    """Return the classes of channels that go together, from what changes when an input does.

    A layer that mixes its channels is a reader if it has a kernel from them (its inputs are not
    tied to its outputs); any other ties each input channel to the outputs that follow it.
    """
    ties = Ties()
    for layer in network.layers[1:]:
        shapes = network.input_shapes(layer)
        follow = channels_that_follow(network, weights, layer, shapes)
        has_kernel = layer.kind in ("Conv2D", "Dense", "SeparableConv2D")
        mixes = has_kernel and getattr(layer.settings, "groups", 1) == 1
        for (number, channel), outputs in follow.items():
            read = layer.inputs[number], channel
            ties.root(read)
            for output in outputs if not mixes else ():
                ties.tie(read, (layer.name, int(output)))
    return ties


@given(networks())
@GRAPHS
def test_groups_are_what_a_slow_search_by_trying_finds(network):
    weights = weights_of(network)
    weights = {n: np.abs(w) + 0.1 if n.endswith("gamma") else w for n, w in weights.items()}
    groups, ties = unit_groups(network), slow_classes(network, weights)
    fast, slow = {}, {}
    for layer in network.layers:
        for channel in range(network.shapes[layer.name][-1]):
            if not isinstance(layer.settings, InputLayer):
                fast.setdefault(int(groups.outputs[layer.name][channel]), set()).add(
                    (layer.name, channel)
                )
                slow.setdefault(ties.root((layer.name, channel)), set()).add((layer.name, channel))
    frozen = {unit for group in groups.groups if not group.is_free for unit in group.units.tolist()}
    # Units that layer normalization averages over are kept, so that tying them needs no proof.
    free = {frozenset(c) for unit, c in fast.items() if unit not in frozen}
    assert free <= {frozenset(each) for each in slow.values()}
    for channels in map(frozenset, slow.values()):
        units = {int(groups.outputs[name][channel]) for name, channel in channels}
        assert len(units) == 1 or units <= frozen
