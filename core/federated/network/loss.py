"""Softmax cross-entropy, numerically stable, and its gradient."""

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return class probabilities. logits: (n, classes)."""
    # The largest logit becomes 0, so that exp never overflows; the quotient does not change.
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: np.ndarray = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


def sample_losses(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return -log p(label) of every sample, (n,). labels: (n,) integers."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    losses: np.ndarray = log_sum - shifted[np.arange(len(labels)), labels]
    return losses


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean of -log p(label) over the batch."""
    return float(sample_losses(logits, labels).mean())


def cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return (softmax(logits) - one_hot(labels)) / n, the gradient of the mean loss."""
    gradient = softmax(logits)
    gradient[np.arange(len(labels)), labels] -= 1
    return gradient / len(labels)
