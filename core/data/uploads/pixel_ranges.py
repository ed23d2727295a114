"""Ranges that pixels are stored in, and how values of each become bytes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import UploadError

PIECE = 1024  # images looked at at a time, so that no second copy of everything arises
OVERSHOOT = 0.1  # how far bicubic resizing leads images in 0–1 beyond their range
ROUNDING = 1e-3  # of values that were computed as float32
CENTRED_SHARE = 0.1  # a mean closer to 0 than this share of the deviation was subtracted


@dataclass(frozen=True)
class Scale:
    """A range of stored values: byte = (value + shift) * factor, 0-255.

    ends_within: how close to both ends values must come where they are not exact bytes.
    """

    name: str
    low: float
    high: float
    factor: float
    ends_within: float = 0.0


BYTES = Scale("0–255", 0, 255, 1.0)
WORDS = Scale("0–65535", 0, 65535, 255 / 65535)
UNIT = Scale("0–1", 0, 1, 255.0)
SIGNED = Scale("−1–1", -1, 1, 127.5, 0.02)
HALVES = Scale("−0.5–0.5", -0.5, 0.5, 255.0, 0.01)
CENTRED = (SIGNED, HALVES)
BLACK = Scale("0", 0, 0, 1.0)  # a split without any light fits every range


@dataclass(frozen=True)
class Values:
    """One split's images and their extremes; label: its name in messages."""

    label: str
    images: np.ndarray
    low: float
    high: float

    @property
    def is_fraction(self) -> bool:
        """Whether the values are stored as floats."""
        return self.images.dtype.kind == "f"


def pieces(images: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the images some at a time."""
    return (images[start : start + PIECE] for start in range(0, len(images), PIECE))


def different(ranges: Mapping[str, str]) -> UploadError:
    """Return the refusal of splits in different ranges; ranges: label -> range, in words."""
    found = ", ".join(f"{label}: {its}" for label, its in ranges.items())
    return UploadError(
        f"The splits use different value ranges ({found}). "
        "Bring all images to 0–255 or all to 0–1 and upload them again."
    )


def in_bytes(piece: np.ndarray, scale: Scale) -> np.ndarray:
    """Return the images in units of 1/255."""
    if piece.dtype.kind in "uib" and scale == BYTES:
        return piece
    wide: np.ndarray = piece.astype(np.float32 if piece.dtype.itemsize <= 4 else np.float64)
    if scale == SIGNED:
        return (wide + 1) / 2 * 255.0
    if scale == HALVES:
        return (wide + 0.5) * 255.0
    if scale == UNIT:  # beyond it, whole bytes would wrap around
        wide = np.clip(wide, 0, 1)
    return wide * scale.factor
