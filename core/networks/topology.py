"""Who feeds whom: the units of each layer, and the rows of the next layer that read them.

The unit axis is always the last one of kernel and bias. conv1..conv4 and dense1 have units that
may be removed; dense2's units are the classes.
"""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from core.networks.network import LAYERS, NetworkShape, Weights

CHANNEL_LAYERS = LAYERS[:-1]
READER = dict(pairwise(LAYERS))
FEEDER = {reader: layer for layer, reader in READER.items()}


def flatten_rows(channels: np.ndarray, width: int, positions: int) -> np.ndarray:
    """Return the rows of a flattened kernel that read these channels: by position, then channel.

    Channel c owns the rows r with r mod width == c, one for each position: of the last map in
    dense1, of the window in a convolution.
    """
    starts = np.arange(positions) * width
    return np.asarray(starts[:, None] + channels[None, :]).reshape(-1)


def outgoing(weights: Weights, layer: str) -> np.ndarray:
    """Return the next layer's kernel arranged by the unit it reads.

    Result: (units of `layer`, everything that multiplies this unit).
    """
    read = readers(weights, layer)
    return np.moveaxis(read, 1, 0).reshape(read.shape[1], -1)


def incoming(weights: Weights, layer: str) -> np.ndarray:
    """Return the kernel of `layer` arranged by unit: (units, everything that feeds the unit)."""
    kernel = weights[f"{layer}/kernel"]
    return kernel.reshape(-1, kernel.shape[-1]).T


def useful_units(weights: Weights, layer: str) -> np.ndarray:
    """Tell which units say something (kernel or bias not zero) and are read: (units,) bool.

    The classes are always read.
    """
    says = incoming(weights, layer).any(axis=1) | (weights[f"{layer}/bias"] != 0)
    if layer in READER:
        says = says & outgoing(weights, layer).any(axis=1)
    return np.asarray(says)


def readers(weights: Mapping[str, np.ndarray], layer: str) -> np.ndarray:
    """Return a view of the next layer's kernel as (positions, units of `layer`, outputs).

    It holds for convolutions and at the flatten boundary alike, because the channel is the
    fastest axis of the rows in both.
    """
    kernel = weights[f"{READER[layer]}/kernel"]
    return kernel.reshape(-1, weights[f"{layer}/bias"].size, kernel.shape[-1])


def set_units(
    arrays: Mapping[str, np.ndarray], layer: str, units: np.ndarray, value: float | bool
) -> None:
    """Write `value`, in place, to everything of these units: kernel, bias and readers.

    arrays: shaped like the parameters. units: indices, or one bool for each unit.
    """
    arrays[f"{layer}/kernel"][..., units] = value
    arrays[f"{layer}/bias"][units] = value
    readers(arrays, layer)[:, units, :] = value


def without_units(weights: Weights, layer: str, units: np.ndarray) -> Weights:
    """Return weights in which these units are silent: kernel, bias and readers are zero."""
    changed = {name: array.copy() for name, array in weights.items()}
    set_units(changed, layer, units, 0)
    return changed


def dense_unit_parameters(conv4: int, shape: NetworkShape) -> int:
    """Return the parameters that one unit of dense1 costs behind `conv4` channels."""
    return shape.positions * conv4 + 1 + shape.classes


def parameters_of(widths: dict[str, int], shape: NetworkShape) -> int:
    """Return the number of parameters left when each channel layer keeps `widths[layer]` units."""
    c1, c2, c3, c4, hidden = (widths[layer] for layer in CHANNEL_LAYERS)
    return NetworkShape(shape.input_shape, shape.classes, (c1, c2, c3, c4, hidden)).parameters
