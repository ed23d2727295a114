"""From a data set to what a network reads: resized float images in three disjoint splits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.data.dataset import Dataset, Split
from core.data.images import fit, fit_note, with_channels
from core.data.split import three_way
from core.errors import SettingsError
from core.networks.graph import Network
from core.networks.network import REFERENCE, NetworkShape

AS_ROWS = "Every image is read as a row of values."


class Splits(Protocol):
    """What training and measuring need of a data set: float32 images in [0, 1], and labels."""

    @property
    def train(self) -> Split:
        """Images to fit weights to."""
        ...

    @property
    def validation(self) -> Split:
        """Images to choose by."""
        ...

    @property
    def holdout(self) -> Split:
        """Images to report on."""
        ...

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the labels."""
        ...


@dataclass(frozen=True)
class NetworkData:
    """Splits as one network reads them. digest: of the data set as stored."""

    train: Split
    validation: Split
    holdout: Split
    class_names: tuple[str, ...]
    network: Network
    notes: tuple[str, ...]
    digest: str


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


def prepare_for(dataset: Dataset, network: Network) -> NetworkData:
    """Return the data set as any network reads it: images, sequences, or rows of values.

    Raises SettingsError if the network has another number of classes than the data set, or reads
    what images cannot be brought to.
    """
    check_classes(dataset, network)
    parts = three_way(dataset)
    train, note = _arranged(parts.train, network)
    validation, _ = _arranged(parts.validation, network)
    holdout, _ = _arranged(parts.holdout, network)
    notes = tuple(text for text in (note, parts.note) if text)
    return NetworkData(
        train, validation, holdout, dataset.class_names, network, notes, dataset.digest
    )


def check_classes(dataset: Dataset, network: Network) -> None:
    """Raise SettingsError unless the network answers with a number for each class."""
    classes = len(dataset.class_names)
    shape = network.shapes[network.output.name]
    if shape != (classes,):
        raise SettingsError(
            f"The network's answer has the shape {shape}, but {dataset.name!r} has {classes} "
            "classes. Give it a new last layer (last_layer: new), or choose another data set."
        )


def as_network_reads(split: Split, network: Network) -> Split:
    """Return a split as the network reads it. Raises SettingsError if it cannot be brought to."""
    return _arranged(split, network)[0]


def _arranged(split: Split, network: Network) -> tuple[Split, str]:
    shape = network.input_shape
    if len(shape) == 3:
        images, note = fit(split.images, (shape[0], shape[1], shape[2]))
    else:
        images, note = _as_values(split.images, shape), AS_ROWS
    arranged = Split(images, split.labels)
    return Split(arranged.as_float(), np.asarray(split.labels, np.int64)), note


def preparation_note(images: Sequence[int], network: Sequence[int]) -> str:
    """Return what will be done to images before a network reads them, "" for nothing.

    images: (height, width, channels) of the data. network: the shape that it reads.
    """
    return fit_note(images, network, "are") if len(network) == 3 else AS_ROWS


def _as_values(images: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return images as rows or sequences of as many values; grey where only that fits."""
    wanted = math.prod(shape)
    if math.prod(images.shape[1:]) != wanted and math.prod(images.shape[1:3]) == wanted:
        images = with_channels(images, 1)
    if math.prod(images.shape[1:]) != wanted:
        raise SettingsError(
            f"The network reads {wanted:,} values ({shape}), but an image has "
            f"{math.prod(images.shape[1:]):,} ({images.shape[1:]}). Change the network's input."
        )
    return images.reshape(len(images), *shape)


def _fitted(split: Split, shape: NetworkShape) -> tuple[Split, str]:
    images, note = fit(split.images, shape.input_shape)
    resized = Split(images, split.labels)
    return Split(resized.as_float(), np.asarray(split.labels, np.int64)), note
