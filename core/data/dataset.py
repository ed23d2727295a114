"""What every part of the product calls a data set."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.digests import digest_of


@dataclass(frozen=True)
class Split:
    """Images and their labels.

    images: (n, height, width, channels), uint8 0-255 or float32 0-1. labels: (n,) int64, 0-based.
    """

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def as_float(self) -> np.ndarray:
        """Return the images as float32 in [0, 1]."""
        if self.images.dtype == np.uint8:
            return self.images.astype(np.float32) / np.float32(255)
        return np.asarray(self.images, dtype=np.float32)

    def take(self, indices: np.ndarray) -> "Split":
        """Return the rows at `indices`, in that order."""
        return Split(self.images[indices], self.labels[indices])

    def spread(self, count: int) -> "Split":
        """Return up to `count` rows from everywhere: a split may be in the order of its classes."""
        rows = np.linspace(0, len(self) - 1, min(count, len(self))).round().astype(np.int64)
        return self.take(rows)


@dataclass(frozen=True)
class Dataset:
    """A named data set with its splits; `notes` says what was converted or skipped on the way in.

    test is None when the user gave none: `core.data.split.three_way` then carves a holdout.
    """

    name: str
    class_names: tuple[str, ...]
    train: Split
    validation: Split
    test: Split | None = None
    notes: tuple[str, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of every image."""
        height, width, channels = self.train.images.shape[1:]
        return height, width, channels

    @cached_property
    def digest(self) -> str:
        """The identity of the content: 16 hex digits over pixels, labels and class names."""
        splits = [split for split in (self.train, self.validation, self.test) if split]
        arrays = [array for split in splits for array in (split.images, split.labels)]
        return digest_of("\x1f".join(self.class_names), *arrays)
