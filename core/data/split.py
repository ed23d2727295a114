"""Training, choosing, reporting: splits that never overlap, the same share of each class."""

from dataclasses import dataclass

import numpy as np

from core.data.dataset import Dataset, Split
from core.errors import UploadError
from core.randomness import generator

VALIDATION_SHARE = 0.15


@dataclass(frozen=True)
class ThreeWay:
    """train fits, validation chooses (epochs, checkpoints, recipes), holdout reports.

    note: how the holdout came about, for the page to say.
    """

    train: Split
    validation: Split
    holdout: Split
    note: str


def three_way(dataset: Dataset) -> ThreeWay:
    """Return disjoint splits; the holdout is the user's test set or half of the validation set.

    The carving is stratified by class and depends on the data set only, never on a job's seed:
    otherwise one run's choice would leak into another run's report.
    """
    if dataset.test is not None:
        note = f"Reported on the test set ({len(dataset.test):,} images), which no choice has seen."
        return ThreeWay(dataset.train, dataset.validation, dataset.test, note)
    chosen, held = _halves(dataset.validation.labels)
    note = (
        f"The data set has no test set, so {len(held):,} of its {len(dataset.validation):,} "
        f"validation images are held out for reporting; the other {len(chosen):,} make the choices."
    )
    validation = dataset.validation
    return ThreeWay(dataset.train, validation.take(chosen), validation.take(held), note)


def _halves(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = generator(0, "holdout").permutation(len(labels))
    by_class = [order[labels[order] == label] for label in np.unique(labels)]
    shares, odd = [], 0
    for rows in by_class:  # of the classes with an odd number, every second one gives more
        odd += len(rows) % 2
        shares.append(rows[: len(rows) // 2 + (len(rows) % 2 and odd % 2 == 0)])
    held = np.sort(np.concatenate(shares))
    chosen = np.setdiff1d(np.arange(len(labels)), held)
    return chosen, held


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
