"""The reference network's forward pass in NumPy alone, for places where TensorFlow does not fit.

Each convolution is one matrix product: the windows of a row are copied side by side first.
"""

import numpy as np

from core.networks.network import LAYERS, PADDING, Weights

POOLED = ("conv2", "conv4")
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
    pooled = _pool(after(weights, images, "conv4", batch=batch))
    return np.asarray(pooled.reshape(len(images), -1))


def classified(weights: Weights, rows: np.ndarray) -> np.ndarray:
    """Return the (n, classes) outputs of the two dense layers for what `hidden` returned."""
    return _dense(weights, np.maximum(_dense(weights, rows, "dense1"), 0), "dense2")


def after(
    weights: Weights, images: np.ndarray, layer: str, *, relu: bool = True, batch: int = BATCH
) -> np.ndarray:
    """Return what a layer answers to each image, before its pooling; dense2's are logits.

    relu: after the ReLU, which dense2 has not.
    """
    parts = [
        _until(weights, np.asarray(images[start : start + batch], np.float32), layer)
        for start in range(0, len(images), batch)
    ]
    outputs = np.concatenate(parts)
    return np.maximum(outputs, 0, out=outputs) if relu and layer != LAYERS[-1] else outputs


def _until(weights: Weights, x: np.ndarray, layer: str) -> np.ndarray:
    """Return a layer's outputs before its ReLU."""
    for before in LAYERS[: LAYERS.index(layer)]:
        x = _convolve(weights, x, before) if before in PADDING else _dense(weights, x, before)
        np.maximum(x, 0, out=x)
        x = _pool(x) if before in POOLED else x
    return _convolve(weights, x, layer) if layer in PADDING else _dense(weights, x, layer)


def _logits(weights: Weights, images: np.ndarray) -> np.ndarray:
    return _until(weights, images, LAYERS[-1])


def _dense(weights: Weights, x: np.ndarray, layer: str) -> np.ndarray:
    rows = x.reshape(len(x), -1)
    return np.asarray(rows @ weights[f"{layer}/kernel"] + weights[f"{layer}/bias"])


def _convolve(weights: Weights, x: np.ndarray, layer: str) -> np.ndarray:
    """Return a 3 x 3 convolution of x (n, height, width, channels)."""
    if PADDING[layer] == "same":
        x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    kernel = weights[f"{layer}/kernel"]
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
    count, height, width = windows.shape[:3]
    # (n, h, w, channel, row, column) as the kernel has it: row, column, channel.
    columns = windows.transpose(0, 1, 2, 4, 5, 3).reshape(count * height * width, -1)
    y = columns @ kernel.reshape(-1, kernel.shape[-1])
    y += weights[f"{layer}/bias"]
    return np.asarray(y.reshape(count, height, width, -1))


def _pool(x: np.ndarray) -> np.ndarray:
    """Return the largest of each 2 x 2; an odd last row or column is left out."""
    height, width = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
    rows = np.maximum(x[:, 0:height:2, :width], x[:, 1:height:2, :width])
    return np.asarray(np.maximum(rows[:, :, 0::2], rows[:, :, 1::2]))
