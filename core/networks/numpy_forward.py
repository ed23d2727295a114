"""The reference network's forward pass in NumPy alone, for places where TensorFlow does not fit.

Each convolution is one matrix product: the windows of a row are copied side by side first.
"""

import numpy as np

from core.networks.network import PADDING, Weights

BATCH = 16  # images at a time: their windows stay in the processor's cache


def predict_logits(weights: Weights, images: np.ndarray, batch: int = BATCH) -> np.ndarray:
    """Return the (n, classes) float32 outputs before softmax.

    weights: of the reference network's family, of any widths. images: (n, height, width, channels).
    """
    classes = weights["dense2/bias"].size
    outputs = np.empty((len(images), classes), np.float32)
    for start in range(0, len(images), batch):
        part = np.asarray(images[start : start + batch], np.float32)
        outputs[start : start + batch] = _logits(weights, part)
    return outputs


def hidden(weights: Weights, images: np.ndarray, batch: int = BATCH) -> np.ndarray:
    """Return the (n, rows) float32 values that dense1 reads, channels last, for every image."""
    parts = [
        _flattened(weights, np.asarray(images[start : start + batch], np.float32))
        for start in range(0, len(images), batch)
    ]
    return np.concatenate(parts)


def classified(weights: Weights, rows: np.ndarray) -> np.ndarray:
    """Return the (n, classes) outputs of the two dense layers for what `hidden` returned."""
    x = np.maximum(rows @ weights["dense1/kernel"] + weights["dense1/bias"], 0)
    return np.asarray(x @ weights["dense2/kernel"] + weights["dense2/bias"])


def _logits(weights: Weights, images: np.ndarray) -> np.ndarray:
    return classified(weights, _flattened(weights, images))


def _flattened(weights: Weights, images: np.ndarray) -> np.ndarray:
    x = images
    for first, second in (("conv1", "conv2"), ("conv3", "conv4")):
        x = _pool(_convolve(weights, _convolve(weights, x, first), second))
    return x.reshape(len(x), -1)


def _convolve(weights: Weights, x: np.ndarray, layer: str) -> np.ndarray:
    """Return the ReLU of a 3 x 3 convolution of x (n, height, width, channels)."""
    if PADDING[layer] == "same":
        x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    kernel = weights[f"{layer}/kernel"]
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
    count, height, width = windows.shape[:3]
    # (n, h, w, channel, row, column) as the kernel has it: row, column, channel.
    columns = windows.transpose(0, 1, 2, 4, 5, 3).reshape(count * height * width, -1)
    y = columns @ kernel.reshape(-1, kernel.shape[-1])
    y += weights[f"{layer}/bias"]
    np.maximum(y, 0, out=y)
    return np.asarray(y.reshape(count, height, width, -1))


def _pool(x: np.ndarray) -> np.ndarray:
    """Return the largest of each 2 x 2; an odd last row or column is left out."""
    height, width = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
    rows = np.maximum(x[:, 0:height:2, :width], x[:, 1:height:2, :width])
    return np.asarray(np.maximum(rows[:, :, 0::2], rows[:, :, 1::2]))
