"""From a data set to what a network reads: resized float images in three disjoint splits."""

from dataclasses import dataclass

import numpy as np

from core.data.dataset import Dataset, Split
from core.data.images import fit
from core.data.split import three_way
from core.errors import SettingsError
from core.networks.network import REFERENCE, NetworkShape


@dataclass(frozen=True)
class Prepared:
    """Splits with float32 images in [0, 1] of the network's input size.

    shape: the network these images and classes call for. digest: of the data set as stored.
    """

    train: Split
    validation: Split
    holdout: Split
    class_names: tuple[str, ...]
    shape: NetworkShape
    notes: tuple[str, ...]
    digest: str


def prepare(dataset: Dataset, shape: NetworkShape | None = None) -> Prepared:
    """Return the data set as the network reads it; `shape` defaults to the reference network's.

    Raises SettingsError if the network has another number of classes than the data set.
    """
    classes = len(dataset.class_names)
    network = shape or NetworkShape(REFERENCE.input_shape, classes)
    if network.classes != classes:
        raise SettingsError(
            f"The network tells {network.classes} classes apart, but {dataset.name!r} has "
            f"{classes}. Choose a network trained on this data set."
        )
    parts = three_way(dataset)
    train, note = _fitted(parts.train, network)
    validation, _ = _fitted(parts.validation, network)
    holdout, _ = _fitted(parts.holdout, network)
    notes = tuple(text for text in (note, parts.note) if text)
    return Prepared(train, validation, holdout, dataset.class_names, network, notes, dataset.digest)


def _fitted(split: Split, shape: NetworkShape) -> tuple[Split, str]:
    images, note = fit(split.images, shape.input_shape)
    resized = Split(images, split.labels)
    return Split(resized.as_float(), np.asarray(split.labels, np.int64)), note
