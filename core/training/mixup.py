"""Mixup: every image of a batch is blended with another one of it, and so are their labels."""

import numpy as np


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return (n, classes) float32 targets of (n,) labels."""
    return np.asarray(np.eye(classes, dtype=np.float32)[labels])


def mixed(
    images: np.ndarray, targets: np.ndarray, alpha: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return x = s x_i + (1 - s) x_j and y = s y_i + (1 - s) y_j, with one s ~ Beta(alpha, alpha).

    images: (n, ...); targets: (n, classes). j is a permutation of the batch, as in the authors'
    code. Source: Zhang et al. 2018, mixup, arXiv:1710.09412.
    """
    share = np.float32(rng.beta(alpha, alpha))
    others = rng.permutation(len(images))
    rest = np.float32(1) - share
    return share * images + rest * images[others], share * targets + rest * targets[others]
