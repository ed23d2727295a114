"""Least-squares reconstruction as a step of a plan, between the cut and the training."""

import numpy as np

from core.data.dataset import Split
from core.networks.network import NetworkShape, Weights
from core.networks.prepare import Prepared
from core.pruning.masks.mask import Mask
from core.pruning.reconstruction.refit import reconstruct_in_sequence
from core.randomness import generator

IMAGES = 2000


def reconstructed(
    before: Weights, after: Weights, mask: Mask, shape: NetworkShape, data: Prepared, seed: int
) -> Weights:
    """Return `after` re-fitted to what `before` computed; what the mask removed stays 0."""
    images = sample(data.train, IMAGES, seed).images
    return reconstruct_in_sequence(before, after, mask.arrays, shape, images, seed)


def sample(train: Split, count: int, seed: int) -> Split:
    """Return up to `count` training images, the same for the same seed."""
    rows = generator(seed, "recovery images").permutation(len(train))[:count]
    return train.take(np.sort(rows))
