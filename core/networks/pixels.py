"""The range of values in which a network reads its images; the program's own are in [0, 1].

While it is worked on, a network that wants another range has a layer of its own for it, in front of
all others; its files have the layers it came with.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.errors import SettingsError
from core.networks.graph import Layer, Network
from core.networks.layers.normalization import Normalization
from core.networks.layers.scaling import Rescaling
from core.networks.network import Weights

PIXELS = {
    "0..1": "0 to 1, as they are",
    "-1..1": "-1 to 1, as MobileNet, Inception and Xception were trained",
    "0..255": "0 to 255, for networks that rescale by themselves",
    "imagenet": "each colour by ImageNet's mean and deviation",
}
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's colours
LARGEST_MEAN = 2.0  # of a normalization: with a larger one the images were bytes
LAYER = "pixel_values"


@dataclass(frozen=True)
class PixelValues(Rescaling):
    """The program's own layer in front: a Rescaling of a kind that no file can name."""

    def keras_class(self) -> Any:
        import keras

        return keras.layers.Rescaling


def guess_pixels(network: Network, weights: Weights | None = None) -> str:
    """Return what a network's first layers say of the values that it reads.

    weights: None where there are none yet; means that were learnt by `adapt` are among them.
    """
    for layer in network.layers[1:]:
        settings = layer.settings
        if isinstance(settings, Rescaling):
            return "0..255" if max(map(abs, settings.scale)) < 0.1 else "0..1"
        if isinstance(settings, Normalization):
            adapted = (weights or {}).get(f"{layer.name}/mean", np.zeros(1, np.float32))
            means = adapted if settings.mean is None else np.array(settings.mean)
            return "0..255" if np.abs(means).max() > LARGEST_MEAN else "0..1"
        if layer.inputs != (network.layers[0].name,):
            break
    return "0..1"


def with_pixels(network: Network, pixels: str) -> Network:
    """Return the network with a layer in front that turns [0, 1] into what it reads.

    pixels: a name of PIXELS. Raises SettingsError for another.
    """
    if pixels not in PIXELS:
        raise SettingsError(f"pixels is {pixels!r}. Choose one of: {', '.join(PIXELS)}.")
    if pixels == "0..1":
        return network
    first, *others = network.layers
    name = LAYER
    while name in network.by_name:  # a network may have a layer of that name itself
        name += "_"
    front = Layer(name, _rescaling(pixels, network.input_shape[-1]), (first.name,))
    return Network((first, front, *(_reading(each, first.name, name) for each in others)))


def without_pixels(network: Network) -> Network:
    """Return the network without the layer that `with_pixels` put in front."""
    first, front, *others = network.layers
    if not isinstance(front.settings, PixelValues):
        return network
    return Network((first, *(_reading(each, front.name, first.name) for each in others)))


def _reading(layer: Layer, before: str, after: str) -> Layer:
    return replace(layer, inputs=tuple(after if each == before else each for each in layer.inputs))


def _rescaling(pixels: str, channels: int) -> PixelValues:
    if pixels == "-1..1":
        return PixelValues((2.0,), (-1.0,))
    if pixels == "0..255":
        return PixelValues((255.0,))
    if channels != len(MEAN):
        mean, deviation = sum(MEAN) / len(MEAN), sum(DEVIATION) / len(DEVIATION)
        return PixelValues((1 / deviation,), (-mean / deviation,))
    pairs = list(zip(MEAN, DEVIATION, strict=True))
    return PixelValues(tuple(1 / d for _, d in pairs), tuple(-m / d for m, d in pairs))
