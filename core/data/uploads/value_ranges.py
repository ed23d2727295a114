"""Which range pixels were stored in, decided on all splits together, and how it becomes 0-255.

A range is only taken for granted where it is certain. Values around zero are: a byte divided by
127.5, minus 1, is an odd multiple of 1/255; divided by 255, minus 0.5, an odd multiple of 1/510;
no other usual preparation falls on either, however dark the images are. Without that, both ends
of the range must occur.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import UploadError

PIECE = 1024  # images looked at at a time, so that no second copy of everything arises
OVERSHOOT = 0.1  # how far bicubic resizing leads images in 0–1 beyond their range
BRIGHTER_THAN_STANDARDISED = 16  # no image of 0–255 is all darker; standardised values are smaller
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


def common_scale(splits: Mapping[str, tuple[str, np.ndarray]], notes: list[str]) -> Scale:
    """Return the range that all splits are stored in; what was assumed is added to `notes`.

    splits: name -> (label in messages, (n, height, width, channels) images). Raises UploadError
    if the range cannot be told for certain or differs between splits.
    """
    found = [Values(label, images, *_extremes(images, label)) for label, images in splits.values()]
    lit = [values for values in found if values.low or values.high]
    if not lit:
        return BLACK
    if any(_is_centred(values) for values in lit):
        return _centred_scale(lit)
    scales = {values.label: _scale(values, notes) for values in lit}
    if len(set(scales.values())) > 1:
        raise _different({label: scale.name for label, scale in scales.items()})
    scale = next(iter(scales.values()))
    _warn_if_dark(lit, scale, notes)
    return scale


def _different(ranges: Mapping[str, str]) -> UploadError:
    found = ", ".join(f"{label}: {its}" for label, its in ranges.items())
    return UploadError(
        f"The splits use different value ranges ({found}). "
        "Bring all images to 0–255 or all to 0–1 and upload them again."
    )


def _extremes(images: np.ndarray, label: str) -> tuple[float, float]:
    if images.dtype == bool:
        return 0.0, float(images.any())
    lows, highs = [], []
    for number, piece in enumerate(pieces(images)):
        if images.dtype.kind == "f" and not np.isfinite(piece).all():
            bad = np.flatnonzero(~np.isfinite(piece).reshape(len(piece), -1).all(axis=1))
            raise UploadError(
                f"{label} contains NaN or infinite values, first in image "
                f"{number * PIECE + int(bad[0])}. Replace them and upload it again."
            )
        lows.append(float(piece.min()))
        highs.append(float(piece.max()))
    return min(lows), max(highs)


def _is_centred(values: Values) -> bool:
    """Tell whether zero is about the middle: not black, and not beside an overshoot."""
    if not values.is_fraction or values.low >= 0 or values.high > 1 + OVERSHOOT:
        return False
    if values.low < -OVERSHOOT:
        return values.low >= -1 - OVERSHOOT
    mean, deviation = _moments(values.images)
    return bool((np.abs(mean) < CENTRED_SHARE * deviation).all())


def _moments(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each channel."""
    total = square = np.zeros(images.shape[-1])
    for piece in pieces(images):
        total = total + piece.sum(axis=(0, 1, 2), dtype=np.float64)
        square = square + np.square(piece, dtype=np.float64).sum(axis=(0, 1, 2))
    count = images.size / images.shape[-1]
    return total / count, np.sqrt(np.maximum(square / count - (total / count) ** 2, 0))


def _centred_scale(lit: list[Values]) -> Scale:
    """Return −1–1 or −0.5–0.5 where one of them is certain for all splits."""
    claims = [[scale for scale in CENTRED if _is_certain(values, scale)] for values in lit]
    certain = {scale for found in claims for scale in found}
    for scale in CENTRED:
        if len(certain) == 1 and scale in certain and all(_may_be(values, scale) for values in lit):
            return scale
        together = _reach_both_ends(lit, scale)  # one shows black, another white
        if not certain and together and all(_may_be(values, scale) for values in lit):
            return scale
    if len(certain) > 1 or any(values.low >= 0 for values in lit):
        raise _different({v.label: f"{v.low:.3g} to {v.high:.3g}" for v in lit})
    low, high = min(v.low for v in lit), max(v.high for v in lit)
    raise UploadError(
        f"{lit[0].label} has values from {low:.3g} to {high:.3g}, around zero: a mean was "
        "subtracted, or the images were standardised, and nothing says what black and white were. "
        "Upload the pixels as they were before that, in 0–255 or 0–1."
    )


def _is_inside(values: Values, scale: Scale) -> bool:
    return scale.low - ROUNDING <= values.low and values.high <= scale.high + ROUNDING


def _is_certain(values: Values, scale: Scale) -> bool:
    """Tell whether one split alone shows that this is its range."""
    if not values.is_fraction or not _is_inside(values, scale):
        return False
    return _is_exact(values, scale) or _reach_both_ends([values], scale)


def _may_be(values: Values, scale: Scale) -> bool:
    """Tell whether a split fits a range that another one shows: a dark one lacks its white."""
    is_dim = values.is_fraction and values.low < 0 and _is_inside(values, scale)
    return is_dim or _is_certain(values, scale)


def _is_exact(values: Values, scale: Scale) -> bool:
    """Tell whether every value is a whole byte in this range."""
    allowed = 0.1 if values.images.dtype.itemsize == 2 else ROUNDING
    for piece in pieces(values.images):
        as_bytes = (piece.astype(np.float64) - scale.low) * scale.factor
        if np.abs(as_bytes - np.rint(as_bytes)).max() > allowed:
            return False
    return True


def _reach_both_ends(lit: list[Values], scale: Scale) -> bool:
    """Tell whether values come close to both ends of a range that none of them leaves.

    Not if a split's mean image is zero: subtracting it can lead anywhere.
    """
    return (
        all(_is_inside(values, scale) for values in lit)
        and min(values.low for values in lit) <= scale.low + scale.ends_within
        and max(values.high for values in lit) >= scale.high - scale.ends_within
        and not any(_has_zero_mean_image(values.images) for values in lit)
    )


def _has_zero_mean_image(images: np.ndarray) -> bool:
    total = np.zeros(images.shape[1:])
    for piece in pieces(images):
        total += piece.sum(axis=0, dtype=np.float64)
    return bool(np.abs(total / len(images)).max() < 0.01)


def _scale(values: Values, notes: list[str]) -> Scale:
    """Return the range of one split whose values start at black; raise UploadError for others."""
    low, high = values.low, values.high
    if values.is_fraction and low >= -OVERSHOOT and high <= 1 + OVERSHOOT:
        if low < 0 or high > 1:
            notes.append(
                f"{values.label}: values from {low:.3g} to {high:.3g} were clipped to 0–1."
            )
        return UNIT
    if low < 0 or high > 65535:
        raise UploadError(
            f"{values.label} has values from {low:g} to {high:g}; pixels must lie in 0–255 or 0–1. "
            "Upload the pixels as they were before any standardisation."
        )
    if high <= 1:
        return UNIT
    if values.is_fraction:
        _check_not_standardised(values)
        _check_not_mixed(values)
    return BYTES if high <= 255 else WORDS


def _check_not_standardised(values: Values) -> None:
    """Raise UploadError for fractions that are too large for 0–1 and all too dark for 0–255."""
    if values.high >= BRIGHTER_THAN_STANDARDISED:
        return
    if any((piece != np.floor(piece)).any() for piece in pieces(values.images)):
        raise UploadError(
            f"{values.label} has fractions up to {values.high:g}: neither 0–1 nor 0–255. "
            "Upload the pixels as they were before any standardisation."
        )


def _check_not_mixed(values: Values) -> None:
    """Raise UploadError if some images are fractions of one while others go beyond it."""
    axes = (1, 2, 3)
    unit = 0
    for piece in pieces(values.images):
        highest = piece.max(axis=axes)
        has_fractions = (piece != np.floor(piece)).any(axis=axes)
        unit += int(np.count_nonzero((highest <= 1 + OVERSHOOT) & (highest > 0) & has_fractions))
    if unit:
        raise UploadError(
            f"{values.label} mixes {unit:,} images in 0–1 with others in 0–255. "
            "Bring all images to one range and upload it again."
        )


def _warn_if_dark(lit: list[Values], scale: Scale, notes: list[str]) -> None:
    """Note that not one pixel is half as bright as white: the range may be another one."""
    brightest = max(values.high for values in lit)
    if brightest < scale.high / 2:
        notes.append(
            f"Warning: the brightest pixel of all images is {brightest:g} where {scale.high:g} is "
            "white. If they were stored in another range, bring them to 0–255 first."
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
