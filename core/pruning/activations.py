"""What a layer reads: sampled rows of layer inputs, straight from plain weights.

Row n of a layer is everything that one output value reads: the 3x3 patch under one output
position of a convolution, or the whole input of a dense layer. The order is that of
`kernel.reshape(-1, units)`, so `rows @ kernel + bias` is the pre-activation, and entry i belongs to
channel i mod channels of the layer before; that holds at the flatten boundary as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.networks.network import LAYERS, NetworkShape, Weights

PADDING = {"conv1": "SAME", "conv2": "VALID", "conv3": "SAME", "conv4": "VALID"}
POOLED = ("conv2", "conv4")
BATCH = 500
RowReader = Callable[[Weights, np.ndarray, str, "Positions"], np.ndarray]


@dataclass(frozen=True)
class Positions:
    """Sampled output positions of one layer: (n,) image, row and column of each.

    Images are sorted, so that they can be read in batches. A dense layer has the position 0, 0.
    """

    image: np.ndarray
    row: np.ndarray
    column: np.ndarray

    def __len__(self) -> int:
        return len(self.image)

    def of_images(self, first: int, last: int) -> "Positions":
        """Return the positions in images first..last-1, counted from `first`."""
        start, end = np.searchsorted(self.image, (first, last))
        return Positions(self.image[start:end] - first, self.row[start:end], self.column[start:end])


def output_map(layer: str, shape: NetworkShape) -> tuple[int, int]:
    """Return (height, width) of the layer's pre-activations; (1, 1) for a dense layer."""
    sides = []
    for side in shape.input_shape[:2]:
        half = (side - 2) // 2
        sides.append({"conv1": side, "conv2": side - 2, "conv3": half, "conv4": half - 2})
    return sides[0].get(layer, 1), sides[1].get(layer, 1)


def sample_positions(
    layer: str, shape: NetworkShape, images: int, count: int, rng: np.random.Generator
) -> Positions:
    """Return `count` output positions of `layer`, uniform over images x height x width."""
    height, width = output_map(layer, shape)
    image = np.sort(rng.integers(images, size=count))
    return Positions(image, rng.integers(height, size=count), rng.integers(width, size=count))


def every_image(images: int) -> Positions:
    """Return one position an image: all there is to sample of a dense layer."""
    zeros = np.zeros(images, dtype=np.int64)
    return Positions(np.arange(images), zeros, zeros)


def read_rows(weights: Weights, images: np.ndarray, layer: str, positions: Positions) -> np.ndarray:
    """Return what `layer` reads at `positions`: (len(positions), inputs of one output), float32.

    weights: any widths, compact or full. images: (n, height, width, channels) float32.
    """
    parts = []
    for first in range(0, len(images), BATCH):
        chosen = positions.of_images(first, first + BATCH)
        if len(chosen):
            entering = layer_input(weights, images[first : first + BATCH], layer)
            parts.append(rows_of(entering, layer, chosen))
    return np.concatenate(parts)


def layer_input(weights: Weights, images: np.ndarray, layer: str) -> np.ndarray:
    """Return the input of `layer`: after ReLU, pooling and flattening of the layers before it."""
    value: Any = images
    for before in LAYERS[: LAYERS.index(layer)]:
        value = forward(weights, value, before)
    return np.asarray(value)


def forward(weights: Weights, value: Any, layer: str) -> Any:
    """Return the input of the next layer as a TensorFlow tensor: ReLU, pooling, flattening done.

    value: the input of `layer`. dense2 gives logits.
    """
    import tensorflow as tf

    value = product(weights[f"{layer}/kernel"], value, layer) + weights[f"{layer}/bias"]
    if layer == "dense2":
        return value
    value = tf.nn.relu(value)
    if layer in POOLED:
        value = tf.nn.max_pool2d(value, 2, 2, "VALID")
    return tf.reshape(value, (len(value), -1)) if layer == "conv4" else value


def product(kernel: np.ndarray, value: Any, layer: str) -> Any:
    """Return kernel * input, the pre-activation without its bias, as a TensorFlow tensor."""
    import tensorflow as tf

    if layer in PADDING:
        return tf.nn.conv2d(value, kernel, 1, PADDING[layer])
    return tf.matmul(value, kernel)


def rows_of(entering: np.ndarray, layer: str, positions: Positions) -> np.ndarray:
    """Return what `layer` reads at `positions` of its whole input; see `read_rows`."""
    if layer not in PADDING:
        return np.asarray(entering[positions.image])
    if PADDING[layer] == "SAME":
        entering = np.pad(entering, ((0, 0), (1, 1), (1, 1), (0, 0)))
    patches = [
        entering[positions.image, positions.row + dy, positions.column + dx]
        for dy in range(3)
        for dx in range(3)
    ]
    return np.concatenate(patches, axis=1)


def pre_activation_statistics(
    weights: Weights, images: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return layer -> (mean, variance) of each channel's pre-activation without its bias.

    Over all images and positions, float64, for every layer but the last.
    """
    sums: dict[str, list[np.ndarray]] = {}
    for first in range(0, len(images), BATCH):
        value: Any = images[first : first + BATCH]
        for layer in LAYERS[:-1]:
            z = np.asarray(product(weights[f"{layer}/kernel"], value, layer), np.float64)
            z = z.reshape(-1, z.shape[-1])
            one = np.stack([np.full(z.shape[1], len(z)), z.sum(axis=0), np.square(z).sum(axis=0)])
            sums.setdefault(layer, []).append(one)
            value = forward(weights, value, layer)
    return {layer: _mean_and_variance(np.sum(parts, axis=0)) for layer, parts in sums.items()}


def _mean_and_variance(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count, total, squares = sums
    mean = total / count
    return mean, np.maximum(squares / count - np.square(mean), 0)
