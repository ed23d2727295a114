"""Every method on every kind of layer and every network of the catalogue: exact, small as full."""

import math
from functools import lru_cache

import numpy as np
import pytest

from core.data.dataset import Split
from core.errors import SettingsError
from core.evaluation.cost import zeros
from core.networks.builder import Draft
from core.networks.catalogue import CATALOGUE
from core.networks.graph import predict
from core.networks.groups.unit_groups import unit_groups
from core.networks.initializers import initial_values
from core.networks.layers import LAYER_KINDS as K
from core.networks.prepare import NetworkData
from core.progress import Silent
from core.pruning.graphs.counts import Sizes
from core.pruning.graphs.prune_network import prune_network
from core.pruning.methods import METHODS
from core.pruning.plan import PrunePlan
from core.randomness import generator
from tests.networks.layers.test_kinds import EXAMPLES, IMAGE, ROW

pytestmark = pytest.mark.slow  # TensorFlow
CLASSES, IMAGES, TRAINED, STEM = 3, 12, 2, 4
INPUTS = {3: (*IMAGE[:2], 1), 2: (ROW[0], 2), 1: (5,)}
REFERENCE = "reference"  # has its own contract, tests/contracts/test_methods.py
SIDE = 32  # VGG-16 halves its maps five times


def around(kind, number):
    """A stem, what brings it to the example's shapes, the layer, and a dense end.

    The stem's units can be cut whatever the layer does to its own.
    """
    settings, shapes = EXAMPLES[kind][number]
    rank = len(shapes[0])
    draft = Draft(INPUTS[rank])
    stem = draft.add("stem", _making(rank, STEM))
    read = [_shaped(draft, f"before{place}", shape, stem) for place, shape in enumerate(shapes)]
    draft.add("layer", settings, *read)
    if len(settings.output_shape(shapes)) > 1:
        draft.add("flatten", K["Flatten"]())
    draft.add("head", K["Dense"](CLASSES, "softmax"))
    return draft.network()


def _making(rank, units):
    if rank == 1:
        return K["Dense"](units, "relu")
    kind = {3: "Conv2D", 2: "Conv1D"}[rank]
    return K[kind](units, (3,), padding="same", activation="relu")


def _shaped(draft, name, shape, stem):
    """Add the layers that make an example's input out of the stem."""
    last = draft.add(name, _making(len(shape), shape[-1]), stem)
    pooled = K["GlobalAveragePooling2D"](keepdims=True)
    return draft.add(f"{name}_pool", pooled, last) if shape[0] == 1 else last


@lru_cache(maxsize=8)
def data_of(network):
    rng = generator(0, "every network")
    splits = [
        Split(
            rng.random((IMAGES, *network.input_shape)).astype(np.float32),
            (np.arange(IMAGES) % network.classes).astype(np.int64),
        )
        for _ in range(3)
    ]
    names = tuple(f"class {number}" for number in range(network.classes))
    return NetworkData(*splits, names, network, (), "0" * 16)


@lru_cache(maxsize=2)
def untrained(network):
    """Return initial weights without any zero, so that zeros are those of pruning."""
    rng = generator(1, "every network")
    return {
        name: np.where(array, array, rng.uniform(0.01, 0.05, array.shape)).astype(np.float32)
        for name, array in initial_values(network, 0).items()
    }


def cut(network, method, share):
    epochs = TRAINED if METHODS[method].trains else 0
    plan = PrunePlan(method=method, sparsity=share, epochs=epochs, batch_size=6)
    return prune_network(untrained(network), data_of(network), plan, 0, Silent())


def holds(network, method, share):
    """Assert what a method promises on any network."""
    found = cut(network, method, share)
    assert {name: a.shape for name, a in found.weights.items()} == network.parameter_shapes()
    assert all(np.isfinite(array).all() for array in found.weights.values())
    if METHODS[method].structured:
        _small_as_full(network, found)
        gone = network.parameters - found.small[0].parameters
        if not METHODS[method].trains:  # training may leave more units dead
            assert abs(gone - share * network.parameters) <= largest_unit(network)
    else:
        kernels = {name: found.weights[name] for name in network.kernel_uses}
        assert zeros(kernels) == round(share * network.parameters)
        assert all(kernel.any() for kernel in kernels.values())  # no layer dies


@lru_cache(maxsize=8)
def largest_unit(network):
    """Return how many parameters go with one unit, where that is most: no cut can be finer."""
    sizes = Sizes(unit_groups(network))
    every = sizes.all_units
    whole = sizes.parameters(every)
    return max(whole - sizes.parameters({**every, name: every[name] - 1}) for name in every)


def _small_as_full(network, found):
    small, arrays = found.small
    images = data_of(network).holdout.images[:4]
    assert small.parameters <= network.parameters
    assert zeros(found.weights) >= network.parameters - small.parameters
    full = predict(network, found.weights, images)
    np.testing.assert_allclose(predict(small, arrays, images), full, atol=1e-4)


def around_share(network, method):
    """Return the share of about one unit of the stem, or some of the single weights."""
    shapes = network.parameter_shapes()
    sizes = {name: math.prod(shape) for name, shape in shapes.items()}
    if not METHODS[method].structured:
        return 0.3 * sum(sizes[name] for name in network.kernel_uses) / network.parameters
    read = sum(sizes[n] for n in sizes if n.startswith("before") and n.endswith("kernel"))
    return (sizes["stem/kernel"] + sizes["stem/bias"] + read) / STEM / network.parameters


# Before every merge what takes no training; at night everything.
EVERY_DAY = ("magnitude", "l1_filter")
DAILY_NETWORKS = ("lenet-5", "resnet-20")


def row(value, method, is_daily):
    marks = () if is_daily and method in EVERY_DAY else pytest.mark.nightly
    name = "-".join(map(str, value)) if isinstance(value, tuple) else value
    return pytest.param(value, method, marks=marks, id=f"{name}-{method}")


KINDS = [
    row((kind, number), method, number == 0)
    for method in METHODS
    for kind, examples in EXAMPLES.items()
    for number, (_, shapes) in enumerate(examples)
    if shapes
]
NETWORKS = [
    row(name, method, name in DAILY_NETWORKS)
    for method in METHODS
    for name in CATALOGUE
    if name != REFERENCE
]


# Slimming ranks by the scales of the network's own normalization; this one has none.
REFUSED = {(("BatchNormalization", 1), "slimming"): "cannot be cut to .* by removing units"}


@pytest.mark.parametrize(("example", "method"), KINDS)
def test_a_method_prunes_around_every_kind_of_layer(example, method):
    network = around(*example)
    if said := REFUSED.get((example, method)):
        with pytest.raises(SettingsError, match=said):
            cut(network, method, around_share(network, method))
        return
    holds(network, method, around_share(network, method))


@pytest.mark.parametrize(("name", "method"), NETWORKS)
def test_a_method_prunes_every_network_of_the_catalogue(name, method):
    network = CATALOGUE[name].network((SIDE, SIDE, 1), CLASSES)
    holds(network, method, 0.1 if METHODS[method].structured else 0.3)


def test_every_kind_and_every_network_is_there():
    tried = {each.values[0][0] for each in KINDS}
    assert tried == set(K) - {"InputLayer"}
    assert {each.values for each in NETWORKS} == {
        (name, method) for name in CATALOGUE for method in METHODS if name != REFERENCE
    }
