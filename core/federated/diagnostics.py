"""Why federated training struggles: how far clients drift and how much their gradients differ."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from core.federated.algorithm import Updates
from core.federated.clients import Clients
from core.federated.trainers.trainer import Evaluation, Trainer

# Clients whose gradients are held at once while the dissimilarity is measured.
GRADIENT_CHUNK = 60


class DriftMeter:
    """Watches a round's updates pass by and measures drift and cosine without keeping them.

    With weights p_k, steps d_k and mean step d: drift^2 = sum p_k |d_k - d|^2
    = sum p_k |d_k|^2 - |d|^2, and the mean cosine = <sum p_k d_k / |d_k|, d> / |d|.
    """

    def __init__(self) -> None:
        self._mean: np.ndarray | float = 0.0
        self._mean_direction: np.ndarray | float = 0.0
        self._mean_square = 0.0
        self._clients = 0

    def watch(self, updates: Iterable[Updates]) -> Iterator[Updates]:
        """Yield the same updates."""
        for some in updates:
            squares = np.einsum("kp,kp->k", some.deltas, some.deltas, dtype=np.float64)
            lengths = np.where(squares > 0, np.sqrt(squares), 1)
            weights = np.stack([some.weights, some.weights / lengths]).astype(some.deltas.dtype)
            mean, direction = (weights @ some.deltas).astype(np.float64)
            self._mean, self._mean_direction = self._mean + mean, self._mean_direction + direction
            self._mean_square += float(some.weights @ squares)
            self._clients += len(some.clients)
            yield some

    def drift(self) -> float:
        """Return sqrt(sum p_k |w_k - w_mean|^2)."""
        if self._clients == 1:
            return 0.0
        left = self._mean_square - float(np.sum(np.square(self._mean)))
        # max(0, NaN) would be 0: a model that diverged would look as calm as can be.
        return math.sqrt(max(0.0, left)) if math.isfinite(left) else math.nan

    def cosine(self) -> float:
        """Return the mean cosine between a client's step and the mean step; NaN if none moved."""
        length = math.sqrt(float(np.sum(np.square(self._mean))))
        return float(np.sum(self._mean_direction * self._mean)) / length if length else math.nan


def dissimilarity(trainer: Trainer, clients: Clients, vector: np.ndarray) -> float:
    """Return B(w) = sqrt(sum p_k |grad F_k|^2) / |grad f|, p_k = n_k / n; 1 if all agree.

    Source: Li et al. 2020, arXiv:1812.06127, definition 3.
    """
    weights = clients.shares
    mean: np.ndarray = np.zeros(vector.size)
    mean_square = 0.0
    for first in range(0, len(clients), GRADIENT_CHUNK):
        some = np.arange(first, min(first + GRADIENT_CHUNK, len(clients)))
        gradients = trainer.gradients(vector, some).astype(np.float64)
        mean = mean + weights[some] @ gradients
        mean_square += float(weights[some] @ np.sum(gradients**2, axis=1))
    length = float(np.linalg.norm(mean))
    return math.sqrt(mean_square) / length if length else math.nan


def client_accuracy(clients: Clients, evaluation: Evaluation) -> np.ndarray:
    """Return every client's own validation accuracy, NaN where it has no validation samples.

    NaN as well where its loss is no number: the largest of such answers is no answer.
    """
    sizes = clients.validation.sizes
    accuracy: np.ndarray = np.full(len(clients), np.nan)
    known = (sizes > 0) & np.isfinite(evaluation.validation_loss)
    np.divide(evaluation.validation_correct, sizes, out=accuracy, where=known)
    return accuracy


def spread(accuracies: np.ndarray) -> dict[str, float]:
    """Return standard deviation and 10th and 90th percentile over the clients that have one.

    NaN where none has.
    """
    known = accuracies[~np.isnan(accuracies)]
    if not len(known):
        return dict.fromkeys(("accuracy_spread", "accuracy_low", "accuracy_high"), math.nan)
    low, high = np.percentile(known, [10, 90])
    return {
        "accuracy_spread": float(known.std()),
        "accuracy_low": float(low),
        "accuracy_high": float(high),
    }
