"""Networks as data: order, shapes, costs, identity; the reference network is one of them."""

import dataclasses

import numpy as np
import pytest

from core.errors import SettingsError, WeightsError
from core.networks.builder import Draft
from core.networks.graph import Layer, Network, check_parameters, predict
from core.networks.layers import LAYER_KINDS as K
from core.networks.network import REFERENCE, NetworkShape, initial_weights
from core.networks.reference import reference
from core.randomness import generator
from tests.numpy_forward import probabilities


def test_the_reference_network_is_one_instance():
    network = reference()
    assert network.parameter_shapes() == REFERENCE.parameter_shapes()
    assert list(network.parameter_shapes()) == list(REFERENCE.parameter_shapes())
    assert (network.parameters, network.classes, network.input_shape) == (592_933, 5, (25, 25, 3))
    small = NetworkShape((31, 28, 1), 7, (2, 3, 4, 5, 6))
    assert reference(small).parameter_shapes() == small.parameter_shapes()


def test_the_reference_network_costs_what_the_evaluation_says():
    from core.evaluation.cost import multiply_adds

    assert reference().multiply_adds == multiply_adds(REFERENCE)


def test_the_reference_network_predicts_as_before():
    shape = NetworkShape((12, 12, 3), 5, (3, 4, 5, 6, 7))
    weights = initial_weights(shape, 0)
    images = generator(0, "images").random((4, 12, 12, 3)).astype(np.float32)
    ours = predict(reference(shape), weights, images)
    assert np.abs(ours - probabilities(weights, images)).max() < 1e-6


def test_a_network_survives_json_and_keeps_its_digest():
    network = reference()
    again = Network.from_dict(network.to_dict())
    assert again == network
    assert again.digest == network.digest != reference(NetworkShape(classes=6)).digest


def chain(*rows):
    draft = Draft((8, 8, 3))
    for name, settings in rows:
        draft.add(name, settings)
    return draft.network()


def test_layers_are_told_by_name_where_they_do_not_fit():
    with pytest.raises(SettingsError, match=r"'pool' \(MaxPooling2D\): its window \(9, 9\)"):
        chain(("pool", K["MaxPooling2D"]((9, 9)))).shapes  # noqa: B018
    with pytest.raises(SettingsError, match=r"'conv' \(Conv2D\).*3 channels.*2 groups"):
        chain(("conv", K["Conv2D"](4, (3,), groups=2)))


def test_names_order_ends_and_sizes_are_checked():
    start, dense = Layer("input", K["InputLayer"]((3,))), K["Dense"](2)
    with pytest.raises(SettingsError, match="'a' exists twice"):
        Network((start, Layer("a", dense, ("input",)), Layer("a", dense, ("a",))))
    with pytest.raises(SettingsError, match="'a' reads 'b', which is not before it"):
        Network((start, Layer("a", dense, ("b",)), Layer("b", dense, ("a",))))
    with pytest.raises(SettingsError, match=r"one output.*has 2 \('a', 'b'\)"):
        Network((start, Layer("a", dense, ("input",)), Layer("b", dense, ("input",))))
    with pytest.raises(SettingsError, match="one input"):
        Network((start, dataclasses.replace(start, name="other"), Layer("a", dense, ("input",))))
    with pytest.raises(SettingsError, match="2 to 5,000 layers"):
        Network((start,))
    # 192 x 10^6 and 10^6 x 10^6 entries of kernels, and 2 x 10^6 of biases.
    with pytest.raises(SettingsError, match="1,000,194,000,000 parameters.*'large/kernel'"):
        chain(("flat", K["Flatten"]()), ("d", K["Dense"](10**6)), ("large", K["Dense"](10**6)))
    with pytest.raises(SettingsError, match="'up' would have 192,000,000 entries"):
        chain(("up", K["UpSampling2D"]((1000, 1000))))


def test_weights_have_to_be_those_of_the_architecture():
    network = reference()
    weights = initial_weights(REFERENCE, 0)
    check_parameters(network, weights)
    with pytest.raises(WeightsError, match="extra/kernel"):
        check_parameters(network, {**weights, "extra/kernel": weights["conv1/kernel"]})
    with pytest.raises(WeightsError, match=r"conv1/bias has the shape \(64,\).*\(32,\)"):
        check_parameters(network, {**weights, "conv1/bias": weights["conv3/bias"]})


def test_a_thousand_layers_in_a_chain_are_no_problem():
    network = chain(*((f"relu{number}", K["ReLU"]()) for number in range(1000)))
    assert network.shapes["relu999"] == (8, 8, 3)
    assert len(network.digest) == 16
