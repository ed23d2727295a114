"""The reference network: four convolutions and two dense layers, 592,933 parameters.

Weights are plain `name -> float32 array` dictionaries, so that everything but `build` is NumPy.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from core.errors import SettingsError, WeightsError
from core.randomness import generator

if TYPE_CHECKING:
    import keras

Weights = dict[str, np.ndarray]

LAYERS = ("conv1", "conv2", "conv3", "conv4", "dense1", "dense2")
PADDING = {"conv1": "same", "conv2": "valid", "conv3": "same", "conv4": "valid"}
SMALLEST_SIDE = 10


@dataclass(frozen=True)
class NetworkShape:
    """Everything that decides the size of every layer.

    input_shape: (height, width, channels). widths: units of conv1..conv4 and dense1.
    Raises SettingsError for images, classes or widths that make no such network.
    """

    input_shape: tuple[int, int, int] = (25, 25, 3)
    classes: int = 5
    widths: tuple[int, int, int, int, int] = (32, 32, 64, 64, 512)

    def __post_init__(self) -> None:
        if min(self.input_shape[:2]) < SMALLEST_SIDE or self.input_shape[2] < 1:
            raise SettingsError(
                f"The network cannot read images of {self.input_shape}: two poolings need at least "
                f"{SMALLEST_SIDE} x {SMALLEST_SIDE} pixels and one channel."
            )
        if self.classes < 2:
            raise SettingsError(f"A classifier needs at least 2 classes, but got {self.classes}.")
        if len(self.widths) != 5 or min(self.widths) < 1:
            raise SettingsError(
                f"Five layers need at least one unit each, but the widths are {self.widths}."
            )

    @property
    def final_map(self) -> tuple[int, int]:
        """(height, width) of conv4's output after pooling, as dense1 reads it."""
        height, width = (((side - 2) // 2 - 2) // 2 for side in self.input_shape[:2])
        return height, width

    @property
    def positions(self) -> int:
        """Number of dense1 rows that read one conv4 channel (16 for the reference network)."""
        return math.prod(self.final_map)

    @property
    def units(self) -> dict[str, int]:
        """Layer name -> number of output units, dense2 included."""
        return dict(zip(LAYERS, (*self.widths, self.classes), strict=True))

    @property
    def parameters(self) -> int:
        """Number of values in all kernels and biases."""
        return sum(math.prod(shape) for shape in self.parameter_shapes().values())

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Parameter name -> array shape, in the order of the layers; kernel before bias."""
        c1, c2, c3, c4, hidden = self.widths
        kernels: dict[str, tuple[int, ...]] = {
            "conv1": (3, 3, self.input_shape[2], c1),
            "conv2": (3, 3, c1, c2),
            "conv3": (3, 3, c2, c3),
            "conv4": (3, 3, c3, c4),
            "dense1": (self.positions * c4, hidden),
            "dense2": (hidden, self.classes),
        }
        shapes: dict[str, tuple[int, ...]] = {}
        for layer, kernel in kernels.items():
            shapes[f"{layer}/kernel"] = kernel
            shapes[f"{layer}/bias"] = kernel[-1:]
        return shapes

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        return {
            "input_shape": list(self.input_shape),
            "classes": self.classes,
            "widths": list(self.widths),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "NetworkShape":
        """Return the shape that `to_dict` described."""
        height, width, channels = (int(side) for side in values["input_shape"])
        c1, c2, c3, c4, hidden = (int(units) for units in values["widths"])
        return cls((height, width, channels), int(values["classes"]), (c1, c2, c3, c4, hidden))


REFERENCE = NetworkShape()


def shape_of(weights: Weights, input_shape: tuple[int, int, int]) -> NetworkShape:
    """Return the shape of the network these weights belong to.

    Raises WeightsError if the arrays do not fit together for images of `input_shape`.
    """
    missing = [name for name in REFERENCE.parameter_shapes() if name not in weights]
    if missing:
        raise WeightsError(f"The weights lack {', '.join(missing)}. Use weights of this network.")
    units = [int(weights[f"{layer}/bias"].size) for layer in LAYERS]
    c1, c2, c3, c4, hidden, classes = units
    shape = NetworkShape(input_shape, classes, (c1, c2, c3, c4, hidden))
    check_weights(weights, shape)
    return shape


class Shaped(Protocol):
    """Any network, as far as its weights and what it reads are checked."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input, without the batch."""
        ...

    @property
    def classes(self) -> int:
        """Number of outputs."""
        ...

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Parameter name -> array shape, in the order of the layers."""
        ...


def check_weights(weights: Weights, shape: Shaped) -> None:
    """Raise WeightsError unless every parameter is present, alone and of the right shape."""
    expected = shape.parameter_shapes()
    if set(weights) != set(expected):
        odd = ", ".join(sorted(set(weights) ^ set(expected)))
        raise WeightsError(f"The parameter names differ from the network's: {odd}.")
    for name, wanted in expected.items():
        if weights[name].shape != wanted:
            raise WeightsError(
                f"{name} has the shape {weights[name].shape}, but the network for images of "
                f"{shape.input_shape} with {shape.classes} classes has {wanted}."
            )


def check_finite(weights: Weights) -> None:
    """Raise WeightsError if a weight is not a number or infinite: no method could rank it."""
    for name, value in weights.items():
        if not np.isfinite(value).all():
            raise WeightsError(
                f"{name} holds values that are not finite numbers, so its training has diverged. "
                "Train again with a smaller learning rate, or choose another network."
            )


def initial_weights(shape: NetworkShape, seed: int) -> Weights:
    """Return Glorot-uniform kernels and zero biases, the initialisation Keras uses.

    Source: Glorot & Bengio 2010, Understanding the difficulty of training deep networks.
    """
    return {
        name: _glorot(size, generator(seed, "initial", name))
        if name.endswith("kernel")
        else np.zeros(size, np.float32)
        for name, size in shape.parameter_shapes().items()
    }


def _glorot(size: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    field = math.prod(size[:-2])
    limit = math.sqrt(6 / (field * (size[-2] + size[-1])))
    return rng.uniform(-limit, limit, size).astype(np.float32)


def build(
    shape: NetworkShape,
    dropout: tuple[float, float, float] = (0.25, 0.25, 0.5),
    l2: float = 1e-5,
    *,
    logits: bool = False,
    policy: str = "float32",
) -> "keras.Model":
    """Return the Keras network with layers named conv1..dense2.

    dropout: rates after the first pooling, the second pooling and dense1.
    logits: leave out the final softmax, for training.
    policy: Keras's number format of all layers but the last.
    """
    import keras

    def layers(name: str) -> list[Any]:
        if name in PADDING:
            return [convolution(name, shape, l2, policy)]
        if name != LAYERS[-1]:
            return [keras.layers.Dense(shape.units[name], "relu", dtype=policy, name=name)]
        activation = None if logits else "softmax"
        return [keras.layers.Dense(shape.classes, activation, name=name)]

    return assemble(shape, dropout, layers, policy)


def convolution(
    name: str, shape: NetworkShape, l2: float, policy: str, *, bare: bool = False
) -> "keras.Layer":
    """Return one 3 x 3 convolution; `bare` ones have neither bias nor ReLU."""
    import keras

    return keras.layers.Conv2D(
        shape.units[name],
        3,
        padding=PADDING[name],
        use_bias=not bare,
        activation=None if bare else "relu",
        kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
        dtype=policy,
        name=name,
    )


def assemble(
    shape: NetworkShape,
    dropout: tuple[float, float, float],
    layers: Callable[[str], list[Any]],
    policy: str = "float32",
) -> "keras.Model":
    """Return the sequence of the six weighted layers with pooling, dropout and flattening.

    layers: name of a weighted layer -> the Keras layers that stand for it. policy: of the others.
    """
    import keras

    def pool(name: str) -> "keras.Layer":
        return keras.layers.MaxPooling2D(name=name, dtype=policy)

    def drop(rate: float, name: str) -> "keras.Layer":
        return keras.layers.Dropout(rate, name=name, dtype=policy)

    return keras.Sequential(
        [
            keras.Input(shape.input_shape),
            *layers("conv1"),
            *layers("conv2"),
            pool("pool1"),
            drop(dropout[0], "dropout1"),
            *layers("conv3"),
            *layers("conv4"),
            pool("pool2"),
            drop(dropout[1], "dropout2"),
            keras.layers.Flatten(name="flatten", dtype=policy),
            *layers("dense1"),
            drop(dropout[2], "dropout3"),
            *layers("dense2"),
        ],
        name="network",
    )


def get_weights(model: "keras.Model") -> Weights:
    """Return the model's kernels and biases by our names."""
    return {
        f"{layer}/{part}": np.asarray(getattr(model.get_layer(layer), part), np.float32)
        for layer in LAYERS
        for part in ("kernel", "bias")
    }


def set_weights(model: "keras.Model", weights: Weights) -> None:
    """Put `weights` into the model."""
    for layer in LAYERS:
        model.get_layer(layer).set_weights([weights[f"{layer}/kernel"], weights[f"{layer}/bias"]])
