"""The linear layer: Y = X W + b, and what it passes back."""

from typing import NamedTuple

import numpy as np


class LinearGradient(NamedTuple):
    """Gradients of the loss: weight (d_in, d_out), bias (d_out,), inputs (n, d_in)."""

    weight: np.ndarray
    bias: np.ndarray
    inputs: np.ndarray


def linear(inputs: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Return X W + b. inputs: (n, d_in); weight: (d_in, d_out); bias: (d_out,)."""
    outputs: np.ndarray = inputs @ weight + bias
    return outputs


def linear_gradient(
    inputs: np.ndarray, weight: np.ndarray, output_gradient: np.ndarray
) -> LinearGradient:
    """Return dW = X^T dY, db = sum of dY over the batch, dX = dY W^T.

    output_gradient: dY, the gradient of the loss with respect to the outputs, (n, d_out).
    """
    return LinearGradient(
        weight=inputs.T @ output_gradient,
        bias=output_gradient.sum(axis=0),
        inputs=output_gradient @ weight.T,
    )


def relu(inputs: np.ndarray) -> np.ndarray:
    """Return max(0, x)."""
    outputs: np.ndarray = np.maximum(inputs, 0)
    return outputs


def relu_gradient(outputs: np.ndarray, output_gradient: np.ndarray) -> np.ndarray:
    """Return the gradient before the ReLU, given its outputs and the gradient behind it."""
    gradient: np.ndarray = output_gradient * (outputs > 0)
    return gradient
