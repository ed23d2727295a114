"""A network as a Keras model, and weights into it and out of it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from core.networks.graph import Layer, Network, layer_weights
from core.networks.layers.normalization import Normalization
from core.networks.layers.scaling import LayerScale

Make = Callable[[Layer, str], Any]


def keras_names(network: Network) -> dict[str, str]:
    """Return our layer name -> the name in Keras 3, which allows no slash in one."""
    taken = {layer.name for layer in network.layers}
    names: dict[str, str] = {}
    for layer in network.layers:
        name = layer.name.replace("/", "_")
        while name != layer.name and name in taken:
            name += "_"
        taken.add(name)
        names[layer.name] = name
    return names


def usual(layer: Layer, name: str) -> Any:
    """Return Keras's own layer."""
    return layer.settings.build(name)


def with_named_variables(layer: Layer, name: str) -> Any:
    """Return Keras's layer, its variables named as the parts of our parameters.

    LayerScale's has no name in Keras, so it is stood in for; and Normalization calculates with
    constants made from its weights, which a compiled function would keep when they change.
    """
    if isinstance(layer.settings, LayerScale):
        return _scale(name, layer.settings.init_values)
    if isinstance(layer.settings, Normalization):
        return _normalization(name, layer.settings.config())
    return usual(layer, name)


def _normalization(name: str, options: Mapping[str, Any]) -> Any:
    import keras

    class Live(keras.layers.Normalization):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            self.finalize_state()  # reads the weights anew
            return super().call(inputs)

    return Live(name=name, **options)


def _scale(name: str, first: float) -> Any:
    import keras

    class Scale(keras.layers.Layer):  # type: ignore[misc]
        def build(self, input_shape: tuple[int, ...]) -> None:
            start = keras.initializers.Constant(first)
            self.gamma = self.add_weight(shape=input_shape[-1:], initializer=start, name="gamma")

        def call(self, inputs: Any) -> Any:
            return inputs * self.gamma

    return Scale(name=name)


def build(network: Network, make: Make = usual) -> Any:
    """Return the network as a Keras model, untrained.

    make: layer and its name in Keras -> Keras's layer.
    """
    import keras

    names = keras_names(network)
    tensors: dict[str, Any] = {}
    for layer in network.layers:
        built = make(layer, names[layer.name])
        read = [tensors[name] for name in layer.inputs]
        tensors[layer.name] = built(read[0] if len(read) == 1 else read) if read else built
    first, last = network.layers[0].name, network.output.name
    return keras.Model(tensors[first], tensors[last], name="network")


def put(model: Any, network: Network, weights: Mapping[str, np.ndarray]) -> None:
    """Put weights into a model that `build` made."""
    names = keras_names(network)
    for layer in network.layers:
        arrays = layer_weights(network, weights, layer.name)
        if not arrays:
            continue
        built = model.get_layer(names[layer.name])
        built.set_weights(list(arrays.values()))
        if isinstance(layer.settings, Normalization):
            built.finalize_state()  # it calculates with copies of its weights


def take(model: Any, network: Network) -> dict[str, np.ndarray]:
    """Return the weights of a model that `build` made, or of one with the same layers."""
    names = keras_names(network)
    found: dict[str, np.ndarray] = {}
    for layer in network.layers:
        parts = layer.settings.parameter_shapes(network.input_shapes(layer))
        arrays = model.get_layer(names[layer.name]).get_weights() if parts else []
        found |= {f"{layer.name}/{part}": a for part, a in zip(parts, arrays, strict=True)}
    return found
