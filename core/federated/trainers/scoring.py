"""Losses and hits of an MLP on many samples, in blocks whose activations stay in the cache."""

from itertools import pairwise

import numpy as np

# Samples scored at once.
BLOCK_ROWS = 256


class Scorer:
    """Scores parameter vectors; buffers are made once."""

    def __init__(self, sizes: tuple[int, ...], dtype: type) -> None:
        """sizes: inputs, hidden widths..., classes."""
        self._sizes = sizes
        # A last column of ones feeds the next layer's bias row; ReLU keeps it 1.
        widths = [width + 1 for width in sizes[1:-1]]
        self._hidden: list[np.ndarray] = [np.ones((BLOCK_ROWS, w), dtype) for w in widths]
        self._zeros: list[np.ndarray] = [np.zeros((BLOCK_ROWS, w), dtype) for w in widths]

    def score(
        self, vector: np.ndarray, inputs: np.ndarray, labels: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return every sample's cross-entropy and whether it is classified right, (n,) each.

        inputs: (n, features + 1), the last column ones.
        """
        kernels = self._kernels(vector)
        losses: np.ndarray = np.empty(len(labels), vector.dtype)
        correct: np.ndarray = np.empty(len(labels), bool)
        for first in range(0, len(labels), BLOCK_ROWS):
            some = slice(first, first + BLOCK_ROWS)
            logits = self._logits(kernels, inputs[some])
            correct[some] = logits.argmax(axis=1) == labels[some]
            # Classes first: NumPy reduces over a long last axis far faster than over a short one.
            by_class = np.ascontiguousarray(logits.T)
            by_class -= by_class.max(axis=0)
            own = by_class[labels[some], np.arange(len(logits))]
            losses[some] = np.log(np.exp(by_class).sum(axis=0)) - own
        return losses, correct

    def _logits(self, kernels: list[np.ndarray], inputs: np.ndarray) -> np.ndarray:
        fed = inputs
        for kernel, buffer, zeros in zip(kernels, self._hidden, self._zeros, strict=False):
            hidden = buffer[: len(inputs)]
            np.matmul(fed, kernel, out=hidden[:, :-1])
            np.maximum(hidden, zeros[: len(inputs)], out=hidden)
            fed = hidden
        logits: np.ndarray = fed @ kernels[-1]
        return logits

    def _kernels(self, vector: np.ndarray) -> list[np.ndarray]:
        """Return every layer as (fan_in + 1, fan_out), the bias its last row, views."""
        kernels, start = [], 0
        for fan_in, fan_out in pairwise(self._sizes):
            end = start + (fan_in + 1) * fan_out
            kernels.append(vector[start:end].reshape(fan_in + 1, fan_out))
            start = end
        return kernels
