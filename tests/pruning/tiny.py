"""A tiny network and data set on which the methods that read data run in seconds."""

import numpy as np

from core.data.dataset import Split
from core.networks.network import NetworkShape, Weights, initial_weights
from core.networks.prepare import Prepared
from core.progress import Arrays, Silent, Stopped
from core.pruning.method import PruningContext

SHAPE = NetworkShape((14, 14, 3), 5, (4, 4, 6, 6, 16))


def split(count: int, seed: int) -> Split:
    """Return images whose label shows as a bright row, so that there is something to learn."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 5, count)
    images = rng.uniform(0, 0.5, (count, *SHAPE.input_shape)).astype(np.float32)
    for index, label in enumerate(labels):
        images[index, 2 + 2 * label] += 0.5
    return Split(images, labels)


def data(train: int = 96) -> Prepared:
    """Return disjoint tiny splits."""
    classes = tuple("abcde")
    return Prepared(split(train, 0), split(40, 1), split(40, 2), classes, SHAPE, (), "tiny")


def weights(seed: int = 0) -> Weights:
    """Return random weights with biases that are not zero."""
    rng = np.random.default_rng(seed)
    start = initial_weights(SHAPE, seed)
    return {
        name: value + rng.normal(0, 0.05, value.shape).astype(np.float32)
        for name, value in start.items()
    }


def context(progress: Silent | None = None, seed: int = 5) -> PruningContext:
    """Return what a method may look at."""
    return PruningContext(weights(), SHAPE, data(), seed, progress or Silent())


class StopsAfter(Silent):
    """A Progress that stops the work at its n-th save, after keeping the state."""

    def __init__(self, saves: int) -> None:
        super().__init__()
        self.left = saves

    def save(self, state: Arrays) -> None:
        """Keep the state, then stop if it was the last allowed save."""
        super().save({name: np.array(value) for name, value in state.items()})
        self.left -= 1
        if self.left == 0:
            raise Stopped
