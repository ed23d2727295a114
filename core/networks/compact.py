"""Physically small networks: take the kept channels out, and put them back."""

from collections.abc import Mapping

import numpy as np

from core.errors import WeightsError
from core.networks.network import LAYERS, NetworkShape, Weights
from core.networks.topology import CHANNEL_LAYERS, FEEDER, flatten_rows

Kept = Mapping[str, np.ndarray]


def compact_shape(shape: NetworkShape, kept: Kept) -> NetworkShape:
    """Return the shape of the small network that has only the kept channels."""
    c1, c2, c3, c4, hidden = (len(kept[layer]) for layer in CHANNEL_LAYERS)
    return NetworkShape(shape.input_shape, shape.classes, (c1, c2, c3, c4, hidden))


def compact(weights: Weights, kept: Kept) -> Weights:
    """Return the weights of the small network made of the kept channels.

    kept: layer -> sorted indices of the channels that stay, for conv1..conv4 and dense1.
    """
    _check(kept, {layer: weights[f"{layer}/bias"].size for layer in CHANNEL_LAYERS})
    sizes = {name: array.shape for name, array in weights.items()}
    small: Weights = {}
    for layer in LAYERS:
        rows, units = _axes(layer, kept, sizes)
        kernel = weights[f"{layer}/kernel"]
        small[f"{layer}/kernel"] = np.ascontiguousarray(kernel[..., rows, :][..., units])
        small[f"{layer}/bias"] = weights[f"{layer}/bias"][units]
    return small


def scatter(small: Weights, kept: Kept, shape: NetworkShape) -> Weights:
    """Return the full layout with the small network's values in place and zeros elsewhere.

    shape: of the full network. The outputs of both networks agree up to rounding.
    """
    _check(kept, shape.units)
    sizes = shape.parameter_shapes()
    full = {name: np.zeros(size, np.float32) for name, size in sizes.items()}
    for layer in LAYERS:
        rows, units = _axes(layer, kept, sizes)
        full[f"{layer}/kernel"][..., rows[:, None], units] = small[f"{layer}/kernel"]
        full[f"{layer}/bias"][units] = small[f"{layer}/bias"]
    return full


def _axes(
    layer: str, kept: Kept, sizes: Mapping[str, tuple[int, ...]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the kept input rows and the kept units of one layer of the full network."""
    inputs, outputs = sizes[f"{layer}/kernel"][-2:]
    units = np.asarray(kept[layer]) if layer in kept else np.arange(outputs)
    if layer not in FEEDER:
        return np.arange(inputs), units
    channels = np.asarray(kept[FEEDER[layer]])
    if layer != "dense1":
        return channels, units
    width = sizes["conv4/bias"][0]
    return flatten_rows(channels, width, inputs // width), units


def _check(kept: Kept, widths: Mapping[str, int]) -> None:
    for layer in CHANNEL_LAYERS:
        indices = np.asarray(kept.get(layer, ()))
        if len(indices) == 0 or len(np.unique(indices)) != len(indices):
            raise WeightsError(f"{layer} must keep at least one channel, each named once.")
        if indices.min() < 0 or indices.max() >= widths[layer]:
            raise WeightsError(f"{layer} has channels 0 to {widths[layer] - 1}: {indices}.")
