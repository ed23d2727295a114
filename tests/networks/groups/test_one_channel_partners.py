"""Sums and the like of many channels and one: which units are dead, and that removal is exact."""

import numpy as np
import pytest

from core.networks.builder import Draft
from core.networks.graph import Layer, Network, predict
from core.networks.groups.compaction import compact, masked
from core.networks.groups.dead_units import without_dead_units
from core.networks.groups.unit_groups import unit_groups
from core.networks.layers import LAYER_KINDS as K
from core.networks.layers.merging import Merging
from core.randomness import generator
from tests.networks.random_networks import weights_of

MERGES = [kind() for kind in K.values() if issubclass(kind, Merging)]
ORDERS = [("wide", "narrow"), ("narrow", "wide")]
BETWEEN = [  # between the one channel's maker and the sum
    [],
    [K["Normalization"]()],
    [K["LayerNormalization"]()],
    [K["BatchNormalization"]()],
    [K["Softmax"]()],
    [K["GlobalAveragePooling2D"](True)],
    [K["Activation"]("sigmoid")],
]
SIDES = [(4, 4), (1, 4), (4, 1), (1, 1)]  # of the input that the partner is cut to


def _network(merge, order, between, sides):
    """Return a network whose six filters "wide" meet one channel, as large or to be spread."""
    layers = [
        Layer("input", K["InputLayer"]((4, 4, 1))),
        Layer("wide", K["Conv2D"](6, (1,)), ("input",)),
        Layer("cut", K["Cropping2D"](tuple((0, 4 - side) for side in sides)), ("input",)),
        Layer("narrow", K["Conv2D"](1, (1,)), ("cut",)),
    ]
    names = {"wide": "wide", "narrow": "narrow"}
    for number, settings in enumerate(between):
        layers.append(Layer(f"between{number}", settings, (names["narrow"],)))
        names["narrow"] = f"between{number}"
    layers.append(Layer("merge", merge, tuple(names[each] for each in order)))
    layers.append(Layer("spread", K["Flatten"](), ("merge",)))
    layers.append(Layer("head", K["Dense"](3), ("spread",)))
    return Network(tuple(layers))


def _silenced(network, *names):
    """Return weights in which units 1 and 4 of "wide", and all of the named layers, are zero."""
    weights = weights_of(network)
    for part in ("kernel", "bias"):
        weights[f"wide/{part}"][..., [1, 4]] = 0
    return {n: w * 0 if n.rpartition("/")[0] in names else w for n, w in weights.items()}


def _assert_exact(network, weights):
    groups = unit_groups(network)
    kept = without_dead_units(groups, weights)
    small, arrays = compact(groups, weights, kept)
    images = generator(0, "images").normal(size=(3, *network.input_shape)).astype(np.float32)
    expected = predict(network, weights, images)
    for found in (
        predict(small, arrays, images),
        predict(network, masked(groups, weights, kept), images),
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    return kept["wide"].tolist()


@pytest.mark.parametrize("sides", SIDES, ids=str)
@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("merge", MERGES, ids=lambda merge: type(merge).__name__)
def test_a_partner_of_one_channel_wakes_silent_units_unless_it_multiplies(merge, order, sides):
    network = _network(merge, order, [], sides)
    kept = _assert_exact(network, _silenced(network))
    multiplies = isinstance(merge, K["Multiply"])
    assert kept == [True, not multiplies, True, True, not multiplies, True]


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("merge", MERGES, ids=lambda merge: type(merge).__name__)
def test_a_partner_of_one_channel_that_is_zero_wakes_none(merge, order):
    network = _network(merge, order, [], (4, 4))
    assert _assert_exact(network, _silenced(network, "narrow")) == [
        True,
        False,
        True,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    "between", BETWEEN, ids=lambda rows: type(rows[0]).__name__ if rows else ""
)
@pytest.mark.parametrize("silent", [(), ("narrow",)], ids=["speaks", "silent"])
def test_what_lies_between_partner_and_sum_may_wake_them(between, silent):
    network = _network(K["Add"](), ("wide", "narrow"), between, (4, 4))
    kept = _assert_exact(network, _silenced(network, *silent))
    moved = not silent or (between and not isinstance(between[0], K["GlobalAveragePooling2D"]))
    assert kept[1] == kept[4] == bool(moved)


def test_the_gray_image_itself_wakes_them():
    draft = Draft((4, 4, 1))
    draft.add("wide", K["Conv2D"](6, (1,)))
    draft.add("sum", K["Add"](), "wide", "input")
    draft.add("head", K["Dense"](3))
    draft.add("mean", K["GlobalAveragePooling2D"]())
    network = draft.network()
    assert all(_assert_exact(network, _silenced(network)))
