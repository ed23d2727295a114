"""The end of a network: softmax or logits, and a new last layer for other classes."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from core.errors import SettingsError
from core.networks.graph import Layer, Network
from core.networks.initializers import fresh
from core.networks.layers.activation import Activation, Softmax
from core.networks.layers.convolution import Convolution
from core.networks.layers.dense import Dense
from core.networks.layers.functions import MIXING
from core.networks.layers.kind import Kind
from core.networks.layers.reshaping import Flatten, Reshape
from core.networks.layers.training_only import Dropout
from core.networks.network import Weights

# Strictly increasing, so that the classes' order is the same without them.
ORDERED = frozenset({
    *("softmax", "sigmoid", "tanh", "softplus", "softsign", "log_sigmoid", "exponential"),
    *("elu", "celu", "selu", "leaky_relu"),
})  # fmt: skip
KNOWN = 8  # networks whose logits are asked for again and again
PASSING = (Flatten, Reshape, Dropout)  # they stand behind some networks' last activation


def last_activation(network: Network) -> Layer | None:
    """Return the layer whose activation gives the network's answer, None if there is none."""
    layer = network.output
    while isinstance(layer.settings, PASSING):
        layer = network.by_name[layer.inputs[0]]
    is_activation = isinstance(layer.settings, Softmax) or hasattr(layer.settings, "activation")
    return layer if is_activation else None


def ends_in(network: Network) -> str:
    """Return the function of the last layer: "softmax", "linear" for logits, or another."""
    layer = last_activation(network)
    if layer is None:
        return "linear"
    named = getattr(layer.settings, "activation", "softmax")
    return str(named)


def is_left_out(network: Network) -> bool:
    """Tell whether a last activation is there that leaves the classes in their order."""
    layer, name = last_activation(network), ends_in(network)
    if layer is None or name not in ORDERED:
        return False
    # A softmax along another axis than the classes' compares what is not compared in the answer.
    return name not in MIXING or network.shapes[layer.name][-1] == network.classes


@lru_cache(maxsize=KNOWN)
def logits_of(network: Network) -> Network:
    """Return the network without a last activation that keeps the classes' order, else itself.

    Its parameters are the same. Any other activation stays: without it another class may be the
    most probable one.
    """
    layer = last_activation(network)
    if layer is None or not is_left_out(network):
        return network
    is_layer = isinstance(layer.settings, Softmax)
    linear = Activation("linear") if is_layer else layer.settings.with_options(activation="linear")
    return with_settings(network, {layer.name: linear})


def with_settings(network: Network, changed: Mapping[str, Kind]) -> Network:
    """Return the network with other settings of the layers that are named."""
    return Network(
        tuple(
            replace(layer, settings=changed.get(layer.name, layer.settings))
            for layer in network.layers
        )
    )


def with_classes(
    network: Network, weights: Mapping[str, np.ndarray] | None, classes: int, seed: int
) -> tuple[Network, Weights | None, str]:
    """Return the network with a new last layer of `classes` units, and a sentence that says so.

    Raises SettingsError where the last layer is neither dense nor a convolution.
    """
    last, changed = _maker(network, classes)
    wider = with_settings(network, changed)
    note = (
        f"The last layer, {last.name}, is new: it tells {classes} classes apart in the place of "
        f"{network.classes}."
    )
    if weights is None:
        return wider, None, note
    old = network.parameter_shapes()
    new = {name: shape for name, shape in wider.parameter_shapes().items() if shape != old[name]}
    return wider, {**weights, **fresh(wider, seed, new)}, note


def _maker(network: Network, classes: int) -> tuple[Layer, dict[str, Kind]]:
    """Return the layer that makes the classes, and the settings that other classes change."""
    changed: dict[str, Kind] = {}
    layer = network.output
    while not isinstance(layer.settings, Dense | Convolution):
        is_passing = isinstance(layer.settings, (*PASSING, Activation, Softmax))
        if not is_passing or not layer.inputs:
            raise SettingsError(
                f"The network ends in {layer.name!r} ({layer.kind}), so it can be given no new "
                "last layer. End it in a Dense layer."
            )
        if isinstance(layer.settings, Reshape):
            changed[layer.name] = _reshaped(layer.settings, network.classes, classes)
        layer = network.by_name[layer.inputs[0]]
    return layer, changed | {layer.name: layer.settings.resized(classes)}


def _reshaped(settings: Reshape, before: int, classes: int) -> Reshape:
    sizes = tuple(classes if size == before else size for size in settings.target_shape)
    return replace(settings, target_shape=sizes)
