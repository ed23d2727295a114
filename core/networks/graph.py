"""A network as data: its layers in topological order, and what follows from them."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core.digests import digest_of
from core.errors import SettingsError, WeightsError
from core.networks.layers import LAYER_KINDS
from core.networks.layers.kind import Kind, Shape
from core.networks.layers.reshaping import InputLayer

MOST_LAYERS = 5_000
LARGEST_PARAMETERS = 500_000_000  # ConvNeXtXLarge, the largest of keras.applications, has 350 M
LARGEST_TENSOR = 100_000_000  # entries of one tensor for one image


@dataclass(frozen=True)
class Layer:
    """One layer: its name in the network, its settings, the layers that it reads.

    The class of the settings is a row of LAYER_KINDS, or the program's own PixelValues.
    """

    name: str
    settings: Kind
    inputs: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The name of Keras's class of this layer."""
        return type(self.settings).__name__


@dataclass(frozen=True)
class Network:
    """Layers in topological order, with one input (the first) and one output.

    Raises SettingsError, naming the layer, for layers that make no such network.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not 1 < len(self.layers) <= MOST_LAYERS:
            raise SettingsError(
                f"A network has 2 to {MOST_LAYERS:,} layers, but this one has {len(self.layers):,}."
            )
        _check_names(self.layers)
        _check_ends(self.layers)
        _check_sizes(self)

    @property
    def input_shape(self) -> Shape:
        """(height, width, channels) of an image, or fewer axes; without the batch."""
        return self.shapes[self.layers[0].name]

    @cached_property
    def output(self) -> Layer:
        """The layer whose output is the network's."""
        return _unread(self.layers)[0]

    @property
    def classes(self) -> int:
        """Number of outputs."""
        return self.shapes[self.output.name][-1]

    @cached_property
    def by_name(self) -> dict[str, Layer]:
        """Name -> layer."""
        return {layer.name: layer for layer in self.layers}

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Layer name -> shape of its output, without the batch."""
        shapes: dict[str, Shape] = {}
        for layer in self.layers:
            read = [shapes[name] for name in layer.inputs]
            shapes[layer.name] = _shape_of(layer, read)
        return shapes

    def input_shapes(self, layer: Layer) -> list[Shape]:
        """Return the shapes of what a layer reads."""
        return [self.shapes[name] for name in layer.inputs]

    @cached_property
    def _parameter_shapes(self) -> dict[str, Shape]:
        return {
            f"{layer.name}/{part}": shape
            for layer in self.layers
            for part, shape in _parameters_of(layer, self.input_shapes(layer)).items()
        }

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return parameter name (layer/part) -> array shape, in the order of the layers."""
        return dict(self._parameter_shapes)

    @property
    def parameters(self) -> int:
        """Number of values in all parameters."""
        return sum(math.prod(shape) for shape in self._parameter_shapes.values())

    @cached_property
    def kernel_uses(self) -> dict[str, int]:
        """Parameter name of each kernel -> how often one image multiplies with an entry."""
        return {
            f"{layer.name}/{part}": uses
            for layer in self.layers
            for part, uses in layer.settings.kernel_uses(self.input_shapes(layer)).items()
        }

    @property
    def multiply_adds(self) -> int:
        """Multiplications with addition that one image costs, in kernels."""
        shapes = self._parameter_shapes
        return sum(uses * math.prod(shapes[name]) for name, uses in self.kernel_uses.items())

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        rows = [
            {"name": e.name, "kind": e.kind, "settings": e.settings.config(), "in": list(e.inputs)}
            for e in self.layers
        ]
        return {"layers": rows}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Network":
        """Return the network that `to_dict` described. Raises SettingsError if it is none."""
        return cls(tuple(_layer_of(row) for row in values["layers"]))

    @cached_property
    def digest(self) -> str:
        """The identity of the architecture: the same for the same layers."""
        return digest_of(json.dumps(self.to_dict(), sort_keys=True))


def _layer_of(row: Mapping[str, Any]) -> Layer:
    kind = LAYER_KINDS.get(str(row["kind"]))
    if kind is None:
        raise SettingsError(f"No layer is of the kind {str(row['kind'])[:60]!r}.")
    return Layer(str(row["name"]), kind.read(row["settings"]), tuple(map(str, row["in"])))


def _check_names(layers: Sequence[Layer]) -> None:
    """Raise SettingsError unless names are unique and every layer reads only earlier ones."""
    seen: set[str] = set()
    for layer in layers:
        unknown = [name for name in layer.inputs if name not in seen]
        if layer.name in seen or unknown:
            reason = f"reads {unknown[0]!r}, which is not before it" if unknown else "exists twice"
            raise SettingsError(f"The layer {layer.name!r} {reason}.")
        seen.add(layer.name)


def _unread(layers: Sequence[Layer]) -> list[Layer]:
    read = {name for layer in layers for name in layer.inputs}
    return [layer for layer in layers if layer.name not in read]


def _check_ends(layers: Sequence[Layer]) -> None:
    """Raise SettingsError unless there is one input, the first layer, and one output."""
    starts = [layer.name for layer in layers if isinstance(layer.settings, InputLayer)]
    ends = [layer.name for layer in _unread(layers)]
    for what, names in (("input", starts), ("output", ends)):
        if len(names) != 1:
            listed = ", ".join(map(repr, names[:5])) or "none"
            raise SettingsError(
                f"Only networks with one {what} are supported; this one has {len(names)} "
                f"({listed}). Keep the part that classifies one image."
            )
    if layers[0].name not in starts or any(not layer.inputs for layer in layers[1:]):
        raise SettingsError("Every layer but the first, the input, has to read another.")


def _check_sizes(network: Network) -> None:
    """Raise SettingsError for tensors or parameters larger than any network's."""
    for name, shape in network.shapes.items():
        if math.prod(shape) > LARGEST_TENSOR:
            raise SettingsError(
                f"The output of {name!r} would have {math.prod(shape):,} entries for one image; "
                f"at most {LARGEST_TENSOR:,} are supported. Choose a smaller input or layer."
            )
    if network.parameters > LARGEST_PARAMETERS:
        largest = max(network.parameter_shapes().items(), key=lambda each: math.prod(each[1]))
        raise SettingsError(
            f"The network declares {network.parameters:,} parameters, most of them in "
            f"{largest[0]!r}; at most {LARGEST_PARAMETERS:,} are supported."
        )


def _shape_of(layer: Layer, inputs: list[Shape]) -> Shape:
    try:
        return layer.settings.output_shape(inputs)
    except SettingsError as error:
        raise SettingsError(_said_of(layer, error)) from error


def _parameters_of(layer: Layer, inputs: list[Shape]) -> dict[str, Shape]:
    try:
        return layer.settings.parameter_shapes(inputs)
    except SettingsError as error:
        raise SettingsError(_said_of(layer, error)) from error


def _said_of(layer: Layer, error: SettingsError) -> str:
    return f"The layer {layer.name!r} ({layer.kind}): {error}"


def layer_weights(
    network: Network, weights: Mapping[str, np.ndarray], name: str
) -> dict[str, np.ndarray]:
    """Return part -> array of one layer."""
    layer = network.by_name[name]
    parts = layer.settings.parameter_shapes(network.input_shapes(layer))
    return {part: weights[f"{name}/{part}"] for part in parts}


def check_parameters(network: Network, weights: Mapping[str, np.ndarray]) -> None:
    """Raise WeightsError unless every parameter is present, alone and of the right shape."""
    expected = network.parameter_shapes()
    odd = sorted(set(weights) ^ set(expected))
    if odd:
        raise WeightsError(
            f"The weights do not belong to this architecture: {', '.join(odd[:5])} "
            f"({len(odd)} names differ). Save architecture and weights from the same model."
        )
    for name, wanted in expected.items():
        if weights[name].shape != wanted:
            raise WeightsError(
                f"{name} has the shape {weights[name].shape}, but the architecture says {wanted}. "
                "Save architecture and weights from the same model."
            )


def outputs(
    network: Network, weights: Mapping[str, np.ndarray], images: np.ndarray
) -> dict[str, np.ndarray]:
    """Return layer name -> output (n, ...), in NumPy alone. All are kept: for small networks."""
    found: dict[str, np.ndarray] = {}
    for layer in network.layers:
        read = [found[name] for name in layer.inputs] or [images]
        parts = layer_weights(network, weights, layer.name)
        found[layer.name] = layer.settings.forward(parts, read)
    return found


def predict(network: Network, weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
    """Return the network's output (n, classes), in NumPy alone."""
    left = Counter(name for layer in network.layers for name in layer.inputs)
    found: dict[str, np.ndarray] = {}
    for layer in network.layers:
        read = [found[name] for name in layer.inputs] or [images]
        parts = layer_weights(network, weights, layer.name)
        found[layer.name] = layer.settings.forward(parts, read)
        left.subtract(layer.inputs)
        for name in layer.inputs:
            if not left[name]:
                found.pop(name, None)
    return found[network.output.name]
