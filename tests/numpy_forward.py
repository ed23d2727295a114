"""The network's forward pass once more, in plain NumPy loops over kernel positions."""

import numpy as np


def convolve(x, kernel, bias, same):
    if same:
        x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    height, width = x.shape[1] - 2, x.shape[2] - 2
    total = np.zeros((len(x), height, width, kernel.shape[-1]), np.float64)
    for row in range(3):
        for column in range(3):
            patch = x[:, row : row + height, column : column + width]
            total += np.einsum("nhwi,io->nhwo", patch, kernel[row, column], optimize=True)
    return total + bias


def _pool(x):
    height, width = x.shape[1] // 2, x.shape[2] // 2
    cut = x[:, : 2 * height, : 2 * width]
    return cut.reshape(len(x), height, 2, width, 2, -1).max(axis=(2, 4))


def probabilities(weights, images):
    """Return (n, classes) float64 probabilities."""
    w = {name: array.astype(np.float64) for name, array in weights.items()}
    x = images.astype(np.float64)
    x = np.maximum(convolve(x, w["conv1/kernel"], w["conv1/bias"], same=True), 0)
    x = _pool(np.maximum(convolve(x, w["conv2/kernel"], w["conv2/bias"], same=False), 0))
    x = np.maximum(convolve(x, w["conv3/kernel"], w["conv3/bias"], same=True), 0)
    x = _pool(np.maximum(convolve(x, w["conv4/kernel"], w["conv4/bias"], same=False), 0))
    x = x.reshape(len(x), -1)
    x = np.maximum(x @ w["dense1/kernel"] + w["dense1/bias"], 0)
    outputs = x @ w["dense2/kernel"] + w["dense2/bias"]
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
