"""Which range pixels were stored in, decided on all splits together."""

from collections.abc import Mapping

import numpy as np

from core.data.uploads.centred_ranges import centred_scale, is_centred
from core.data.uploads.pixel_ranges import (
    BLACK,
    BYTES,
    OVERSHOOT,
    PIECE,
    UNIT,
    WORDS,
    Scale,
    Values,
    different,
    pieces,
)
from core.errors import UploadError

BLACKEST = 16  # all images darker than this share of white: 12 bits in a word of 16 are
BRIGHTER_THAN_STANDARDISED = 16  # no image of 0–255 is all darker; standardised values are smaller


def common_scale(splits: Mapping[str, tuple[str, np.ndarray]], notes: list[str]) -> Scale:
    """Return the range that all splits are stored in; what was assumed is added to `notes`.

    splits: name -> (label in messages, (n, height, width, channels) images). Raises UploadError
    if the range cannot be told for certain or differs between splits.
    """
    found = [Values(label, images, *_extremes(images, label)) for label, images in splits.values()]
    lit = [values for values in found if values.low or values.high]
    if not lit:
        return BLACK
    if any(is_centred(values) for values in lit):
        return centred_scale(lit)
    scales = {values.label: _scale(values, notes) for values in lit}
    if len(set(scales.values())) > 1:
        raise different({label: scale.name for label, scale in scales.items()})
    scale = next(iter(scales.values()))
    _warn_if_dark(lit, scale, notes)
    return scale


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
    """Note that not one pixel is half as bright as white: the range may be another one.

    Raises UploadError where it must be: 10 or 12 bits in words, or fractions divided twice.
    """
    brightest = max(values.high for values in lit)
    if scale != BYTES and brightest < scale.high / BLACKEST:
        raise UploadError(
            f"{lit[0].label}: the brightest pixel of all images is {brightest:.4g} where "
            f"{scale.high:g} is white, so they were stored in another range (10 or 12 bits, or "
            "divided twice). Bring them to 0–255 and upload them again."
        )
    if brightest < scale.high / 2:
        notes.append(
            f"Warning: the brightest pixel of all images is {brightest:g} where {scale.high:g} is "
            "white. If they were stored in another range, bring them to 0–255 first."
        )
