"""A dense network whose answers others learn from, asked only once about the same images.

All runs from one dense network with one seed see the same batches, whatever their method and
sparsity, and the dense network's forward pass costs more than a step of a small network.
Source of learning from answers: Hinton et al. 2015, arXiv:1503.02531.
"""

import hashlib
from collections import OrderedDict
from functools import lru_cache

import numpy as np

from core.models.forward import compiled_logits
from core.models.network import Weights

LARGEST_BYTES = 128 * 2**20  # all epochs of several long runs; a runner's place has 2 GB


class Remembered:
    """Answers by what was asked; the longest unused go first when there are too many."""

    def __init__(self, largest_bytes: int) -> None:
        self._largest_bytes = largest_bytes
        self._bytes = 0
        self._answers: OrderedDict[bytes, np.ndarray] = OrderedDict()

    def get(self, key: bytes) -> np.ndarray | None:
        """Return the answer, or None if it is not remembered."""
        if key in self._answers:
            self._answers.move_to_end(key)
        return self._answers.get(key)

    def put(self, key: bytes, answer: np.ndarray) -> None:
        """Remember one more answer."""
        self._answers[key] = answer
        self._bytes += answer.nbytes
        while self._bytes > self._largest_bytes:
            self._bytes -= self._answers.popitem(last=False)[1].nbytes


@lru_cache(maxsize=1)
def _remembered() -> Remembered:
    """Return the answers that outlive a run, because the next one in this process asks again."""
    return Remembered(LARGEST_BYTES)


class Teacher:
    """Answers batches of images; the same images get bit for bit the same answer."""

    def __init__(self, weights: Weights, policy: str) -> None:
        """policy: number format of the convolutions, as in `logits`."""
        import tensorflow as tf

        self._weights = {name: tf.constant(array) for name, array in weights.items()}
        self._policy = policy
        self._name = _digest(policy.encode(), *(weights[name] for name in sorted(weights)))

    def answers(self, images: np.ndarray) -> np.ndarray:
        """Return the (n, classes) outputs before softmax. images: (n, height, width, channels)."""
        key = _digest(self._name, images)
        found = _remembered().get(key)
        if found is None:
            found = compiled_logits()(self._weights, images, self._policy).numpy()
            _remembered().put(key, found)
        return found


def _digest(*parts: bytes | np.ndarray) -> bytes:
    content = hashlib.sha256()
    for part in parts:
        content.update(part if isinstance(part, bytes) else np.ascontiguousarray(part).data)
    return content.digest()
