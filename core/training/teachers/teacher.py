"""A dense network whose answers others learn from, asked only once about the same image.

Its forward pass may cost more than a step of a small network, and images come again: in a long
run's epochs, and in all runs from one dense network with one seed.
Source of learning from answers: Hinton et al. 2015, arXiv:1503.02531.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from core.networks.array_cache import key_of
from core.networks.forward import compiled_logits
from core.networks.graph import Network
from core.networks.inference import loaded
from core.networks.network import Weights
from core.training.teachers.answer_cache import answer_cache


class Answers(Protocol):
    """Whoever answers batches of images in a training."""

    def answers(self, images: np.ndarray) -> np.ndarray:
        """Return the (n, classes) outputs before softmax."""
        ...


class Teacher:
    """Answers batches of images; the same image gets bit for bit the same answer."""

    def __init__(self, weights: Weights, policy: str) -> None:
        """policy: number format of the convolutions, as in `logits`."""
        import tensorflow as tf

        self._weights = {name: tf.constant(array) for name, array in weights.items()}
        self._policy = policy
        self._name = key_of(policy, *(weights[name] for name in sorted(weights)))

    def answers(self, images: np.ndarray) -> np.ndarray:
        """Return the (n, classes) outputs before softmax. images: (n, height, width, channels)."""
        return answer_cache().of(self._name, images, self._asked)

    def _asked(self, images: np.ndarray) -> np.ndarray:
        return np.asarray(compiled_logits()(self._weights, images, self._policy))


class MeanTeacher:
    """Several networks that answer together: with the mean of their outputs before softmax.

    Softened by any temperature, that is the normalised geometric mean of their softened answers.
    Source: Hinton et al. 2015, arXiv:1503.02531, section 1 (an ensemble as teacher).
    """

    def __init__(self, members: Sequence[Answers]) -> None:
        """members: at least one; all read the same images and know the same classes."""
        self._members = tuple(members)

    def answers(self, images: np.ndarray) -> np.ndarray:
        """Return the (n, classes) mean of the outputs before softmax."""
        every = [member.answers(images) for member in self._members]
        return np.asarray(np.mean(every, axis=0, dtype=np.float64), np.float32)


class NetworkTeacher:
    """Any dense network that answers; the same image gets bit for bit the same answer."""

    def __init__(self, network: Network, weights: Weights) -> None:
        """Compile the network with its weights."""
        self._run = loaded(network, weights)
        self._name = key_of(network.digest, *(weights[name] for name in sorted(weights)))

    def answers(self, images: np.ndarray) -> np.ndarray:
        """Return the (n, classes) outputs before the last activation."""
        return answer_cache().of(self._name, images, lambda new: np.asarray(self._run(new)))
