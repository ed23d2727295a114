"""One client in plain NumPy: its local SGD, which Flower's client runs too, and its evaluation."""

import numpy as np

from benchmarks import federated_workload as work


def train_client(parameters, inputs, labels, epochs, rng):
    """Return the client's parameters after local SGD; -rate / batch is folded into the signal."""
    w1, b1, w2, b2 = (p.copy() for p in parameters)
    hidden, back = (np.empty((work.BATCH, work.HIDDEN), np.float32) for _ in range(2))
    signal = np.empty((work.BATCH, work.CLASSES), np.float32)
    change1, change2 = np.empty_like(w1), np.empty_like(w2)
    rows = np.arange(work.BATCH)
    for _ in range(epochs):
        order = rng.permutation(len(labels))
        shuffled, targets = inputs[order], labels[order]
        for first in range(0, len(labels), work.BATCH):
            batch, target = (
                shuffled[first : first + work.BATCH],
                targets[first : first + work.BATCH],
            )
            np.matmul(batch, w1, out=hidden)
            hidden += b1
            np.maximum(hidden, 0, out=hidden)
            np.matmul(hidden, w2, out=signal)
            signal += b2
            signal -= signal.max(axis=1, keepdims=True)
            np.exp(signal, out=signal)
            signal /= signal.sum(axis=1, keepdims=True)
            signal[rows, target] -= 1
            signal *= -work.RATE / work.BATCH
            np.matmul(signal, w2.T, out=back)
            back *= hidden > 0
            np.matmul(hidden.T, signal, out=change2)
            np.matmul(batch.T, back, out=change1)
            w2 += change2
            b2 += signal.sum(axis=0)
            w1 += change1
            b1 += back.sum(axis=0)
    return w1, b1, w2, b2


def evaluate_client(parameters, inputs, labels):
    """Return the sum of the losses of the client's samples, and how many are classified right."""
    w1, b1, w2, b2 = parameters
    logits = np.maximum(inputs @ w1 + b1, 0) @ w2 + b2
    logits -= logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]
    return losses.sum(), np.sum(logits.argmax(axis=1) == labels)
