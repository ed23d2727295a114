"""Values around zero, read only where their range is certain.

A byte divided by 127.5, minus 1, is an odd multiple of 1/255; divided by 255, minus 0.5, an odd
multiple of 1/510; no other usual preparation falls on either, however dark the images are. Where
not every value does, both ends of the range must occur.
"""

import numpy as np

from core.data.uploads.pixel_ranges import (
    CENTRED,
    CENTRED_SHARE,
    OVERSHOOT,
    ROUNDING,
    Scale,
    Values,
    different,
    pieces,
)
from core.errors import UploadError


def is_centred(values: Values) -> bool:
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


def centred_scale(lit: list[Values]) -> Scale:
    """Return −1–1 or −0.5–0.5 where one of them is certain for all splits.

    Raises UploadError with what to do where neither is.
    """
    claims = [[scale for scale in CENTRED if _is_certain(values, scale)] for values in lit]
    certain = {scale for found in claims for scale in found}
    for scale in CENTRED:
        if len(certain) == 1 and scale in certain and all(_may_be(values, scale) for values in lit):
            return scale
        together = _reach_both_ends(lit, scale)  # one shows black, another white
        if not certain and together and all(_may_be(values, scale) for values in lit):
            return scale
    if len(certain) > 1 or any(values.low >= 0 for values in lit):
        raise different({v.label: f"{v.low:.3g} to {v.high:.3g}" for v in lit})
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
