"""Taking a validation set out of a training set, the same share of each class."""

import numpy as np

from core.errors import UploadError
from core.randomness import generator

VALIDATION_SHARE = 0.15


def carve_validation(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (rows kept for training, rows held for validation), both sorted and disjoint.

    Depends on the labels only, so that the same file is always divided in the same way.
    Raises UploadError if a class has a single image.
    """
    order = generator(0, "validation").permutation(len(labels))
    held = []
    for label in np.unique(labels):
        rows = order[labels[order] == label]
        if len(rows) < 2:
            raise UploadError(
                "A class has a single image, so it cannot be divided into training and validation. "
                "Add images to it, or upload a validation set."
            )
        held.append(rows[: max(1, round(VALIDATION_SHARE * len(rows)))])
    chosen = np.sort(np.concatenate(held))
    return np.setdiff1d(np.arange(len(labels)), chosen), chosen
