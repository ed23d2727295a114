"""From the arrays people export to images and labels as the product uses them."""

from dataclasses import dataclass, field

import numpy as np

from core.data.images import resize
from core.errors import UploadError
from core.text import plural

PIECE = 1024  # images converted at a time, so that no second copy of everything arises
CHANNELS = (1, 2, 3, 4)
LONGEST_SIDE = 2048
MOST_CLASSES = 1000
BLACK = "0"  # a split without any light fits every range
OVERSHOOT = 0.1  # how far bicubic resizing leads images in 0–1 beyond their range
BRIGHTER_THAN_STANDARDISED = 16  # no image of 0–255 is all darker; standardised values are smaller


@dataclass(frozen=True)
class Raw:
    """One split as it was found; the names say which arrays, in messages ("train_images")."""

    label: str
    images: np.ndarray
    labels: np.ndarray
    labels_label: str = field(default="the labels", kw_only=True)


def normalise_images(splits: dict[str, Raw], notes: list[str]) -> dict[str, np.ndarray]:
    """Return split name -> (n, height, width, channels) images, uint8 0-255 or float32 0-1.

    Every conversion is added to `notes`. Raises UploadError naming the array and the remedy.
    """
    shaped = {name: _shaped(raw, notes) for name, raw in splits.items()}
    ranges = {n: _value_range(images, splits[n].label, notes) for n, images in shaped.items()}
    lit = set(ranges.values()) - {BLACK} or {BLACK}
    if len(lit) > 1:
        found = ", ".join(f"{splits[n].label}: {r}" for n, r in ranges.items())
        raise UploadError(
            f"The splits use different value ranges ({found}). "
            "Bring all images to 0–255 or all to 0–1 and upload them again."
        )
    scale = lit.pop()
    values = {name: _scaled(images, scale) for name, images in shaped.items()}
    kinds = {array.dtype for array in values.values()}
    if len(kinds) > 1:  # e.g. only one split's floats were exact bytes
        values = {n: _as_unit_floats(a) for n, a in values.items()}
    _note_scale(shaped, scale, values, notes)
    return _same_size(values, notes)


def _shaped(raw: Raw, notes: list[str]) -> np.ndarray:
    images, label = raw.images, raw.label
    if images.dtype.kind not in "uifb":
        raise UploadError(
            f"{label} holds {images.dtype} instead of numbers. Export it as an array of pixels."
        )
    if images.size == 0:
        raise UploadError(f"{label} holds no images. Export it again with at least one per class.")
    if images.ndim == 3:
        images = images[..., np.newaxis]
        notes.append(f"{label}: grey images without a channel axis were given one.")
    if images.ndim != 4:
        raise UploadError(
            f"{label} has the shape {images.shape}; images must be (number, height, width, "
            "channels), all of one size. Reshape them and upload them again."
        )
    if images.shape[-1] not in CHANNELS and images.shape[1] in CHANNELS:
        images = np.moveaxis(images, 1, -1)
        notes.append(f"{label}: channels came first and were moved to the last axis.")
    if images.shape[-1] not in CHANNELS or max(images.shape[1:3]) > LONGEST_SIDE:
        raise UploadError(
            f"{label} has images of {images.shape[1:]}; accepted are 1 to 4 channels and sides up "
            f"to {LONGEST_SIDE:,} pixels. Convert them to grey or colour and upload them again."
        )
    return images


def _pieces(images: np.ndarray) -> "list[np.ndarray]":
    return [images[start : start + PIECE] for start in range(0, len(images), PIECE)]


def _value_range(images: np.ndarray, label: str, notes: list[str]) -> str:
    """Return "0–1", "0–255", "0–65535", "−1–1" or "0"; raise UploadError for anything else.

    Floats slightly beyond 0–1 count as 0–1, with a note.
    """
    if images.dtype == bool:
        return "0–1"
    low, high = _extremes(images, label)
    if low == high == 0:
        return BLACK
    if images.dtype.kind == "f":
        if low >= -OVERSHOOT and high <= 1 + OVERSHOOT:
            if low < 0 or high > 1:
                notes.append(f"{label}: values from {low:.3g} to {high:.3g} were clipped to 0–1.")
            return "0–1"
        if -1 <= low < 0 and high <= 1:
            return "−1–1"
    if low < 0 or high > 65535:
        raise UploadError(
            f"{label} has values from {low:g} to {high:g}; pixels must lie in 0–255 or 0–1. "
            "Upload the pixels as they were before any standardisation."
        )
    if high <= 1:
        return "0–1"
    if images.dtype.kind == "f":
        _check_not_standardised(images, label, high)
        _check_not_mixed(images, label)
    return "0–255" if high <= 255 else "0–65535"


def _extremes(images: np.ndarray, label: str) -> tuple[float, float]:
    lows, highs = [], []
    for number, piece in enumerate(_pieces(images)):
        if images.dtype.kind == "f" and not np.isfinite(piece).all():
            bad = np.flatnonzero(~np.isfinite(piece).reshape(len(piece), -1).all(axis=1))
            raise UploadError(
                f"{label} contains NaN or infinite values, first in image "
                f"{number * PIECE + int(bad[0])}. Replace them and upload it again."
            )
        lows.append(float(piece.min()))
        highs.append(float(piece.max()))
    return min(lows), max(highs)


def _check_not_standardised(images: np.ndarray, label: str, high: float) -> None:
    """Raise UploadError for fractions that are too large for 0–1 and all too dark for 0–255."""
    if high >= BRIGHTER_THAN_STANDARDISED:
        return
    if any((piece != np.floor(piece)).any() for piece in _pieces(images)):
        raise UploadError(
            f"{label} has fractions up to {high:g}: neither 0–1 nor 0–255. "
            "Upload the pixels as they were before any standardisation."
        )


def _check_not_mixed(images: np.ndarray, label: str) -> None:
    """Raise UploadError if some images are fractions of one while others go beyond it."""
    axes = (1, 2, 3)
    unit = 0
    for piece in _pieces(images):
        highest = piece.max(axis=axes)
        has_fractions = (piece != np.floor(piece)).any(axis=axes)
        unit += int(np.count_nonzero((highest <= 1 + OVERSHOOT) & (highest > 0) & has_fractions))
    if unit:
        raise UploadError(
            f"{label} mixes {unit:,} images in 0–1 with others in 0–255. "
            "Bring all images to one range and upload it again."
        )


def _scaled(images: np.ndarray, scale: str) -> np.ndarray:
    """Return uint8 0-255 where that loses nothing, else float32 0-1."""
    if scale == "0–255" and images.dtype == np.uint8:
        return np.ascontiguousarray(images)
    as_bytes = _exact_bytes(images, scale)
    return as_bytes if as_bytes is not None else _floats(images, scale)


def _in_bytes(piece: np.ndarray, scale: str) -> np.ndarray:
    """Return the piece in units of 1/255."""
    if piece.dtype.kind in "uib" and scale == "0–255":
        return piece
    wide: np.ndarray = piece.astype(np.float32 if piece.dtype.itemsize <= 4 else np.float64)
    if scale == "−1–1":
        wide = (wide + 1) / 2
    if scale == "0–1":  # beyond it, whole bytes would wrap around
        wide = np.clip(wide, 0, 1)
    return (
        wide
        * {"0–1": 255.0, "−1–1": 255.0, "0–255": 1.0, BLACK: 1.0, "0–65535": 255 / 65535}[scale]
    )


def _exact_bytes(images: np.ndarray, scale: str) -> np.ndarray | None:
    converted = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), PIECE):
        values = _in_bytes(images[start : start + PIECE], scale)
        rounded = np.rint(values) if values.dtype.kind == "f" else values
        if values.dtype.kind == "f" and np.abs(values - rounded).max() > 1e-3:
            return None
        converted[start : start + PIECE] = rounded
    return converted


def _floats(images: np.ndarray, scale: str) -> np.ndarray:
    converted = np.empty(images.shape, np.float32)
    for start in range(0, len(images), PIECE):
        piece = images[start : start + PIECE]
        if scale == "0–1":
            converted[start : start + PIECE] = piece
        else:
            converted[start : start + PIECE] = _in_bytes(piece, scale) / 255
    return np.clip(converted, 0, 1, out=converted)


def _as_unit_floats(images: np.ndarray) -> np.ndarray:
    return images if images.dtype == np.float32 else images.astype(np.float32) / np.float32(255)


def _note_scale(
    before: dict[str, np.ndarray], scale: str, after: dict[str, np.ndarray], notes: list[str]
) -> None:
    was = "/".join(sorted({str(array.dtype) for array in before.values()}))
    now = next(iter(after.values())).dtype
    if was == "uint8" and scale in ("0–255", BLACK):
        return
    became = "0–255 (uint8)" if now == np.uint8 else "0–1 (float32)"
    if (was, scale, str(now)) != ("float32", "0–1", "float32"):
        notes.append(f"Pixels stored as {was} in {scale} were rescaled to {became}.")


def _same_size(values: dict[str, np.ndarray], notes: list[str]) -> dict[str, np.ndarray]:
    """Return all splits at the training images' size; channel counts must agree."""
    height, width, channels = values["train"].shape[1:]
    sized = {}
    for name, images in values.items():
        if images.shape[-1] != channels:
            raise UploadError(
                f"The {name} images have {plural(images.shape[-1], 'channel')}, the training "
                f"images {channels}. Convert all to grey or all to colour and upload them again."
            )
        if images.shape[1:3] != (height, width):
            notes.append(
                f"The {name} images of {images.shape[1]} × {images.shape[2]} were resized to "
                f"{height} × {width}, the size of the training images."
            )
        sized[name] = resize(images, (height, width))
    return sized
