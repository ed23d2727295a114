"""From the arrays people export to images as the product uses them."""

from dataclasses import dataclass, field, replace

import numpy as np

from core.data.images import resize
from core.data.uploads.pixel_ranges import BLACK, BYTES, PIECE, UNIT, Scale, in_bytes
from core.data.uploads.value_ranges import common_scale
from core.errors import UploadError
from core.text import plural

CHANNELS = (1, 2, 3, 4)
LONGEST_SIDE = 2048
MOST_CLASSES = 1000


@dataclass(frozen=True)
class Raw:
    """One split as it was found; the names say which arrays, in messages ("train_images")."""

    label: str
    images: np.ndarray
    labels: np.ndarray
    labels_label: str = field(default="the labels", kw_only=True)

    @property
    def count(self) -> int:
        """How many images the labels are for; MATLAB saves a list as one row."""
        is_row = self.labels.ndim == 2 and self.labels.shape[0] == 1
        return int(self.labels.size if is_row else len(np.atleast_1d(self.labels)))


def samples_first(splits: dict[str, Raw], notes: list[str]) -> dict[str, Raw]:
    """Return the splits with the number of images as the first axis; in MATLAB it is the last.

    The labels' number says which of the two it is; where both fit, the other splits do.
    """
    can_be_first = all(_counts_at_the_start(raw) for raw in splits.values())
    can_be_last = all(_counts_at_the_end(raw) for raw in splits.values())
    moved = {}
    for name, raw in splits.items():
        alone = _counts_at_the_end(raw) and not _counts_at_the_start(raw)
        is_last = can_be_last if can_be_first != can_be_last else alone
        moved[name] = replace(raw, images=np.moveaxis(raw.images, -1, 0)) if is_last else raw
        if is_last:
            notes.append(
                f"{raw.label}: its last axis has as many entries as there are labels, so it was "
                "taken as the number of images."
            )
    return moved


def _counts_at_the_start(raw: Raw) -> bool:
    first, *sides = raw.images.shape or (0,)
    return first == raw.count and (len(sides) == 2 or _has_channels(sides))


def _has_channels(sides: list[int]) -> bool:
    return len(sides) == 3 and (sides[-1] in CHANNELS or sides[0] in CHANNELS)


def _counts_at_the_end(raw: Raw) -> bool:
    """Tell whether the last axis counts the images and the others are rows, columns, channels.

    Labels as few as channels, or as the sides of square grey images, are just too few labels.
    """
    *sides, last = raw.images.shape or (0,)
    is_image = (len(sides) == 2 and last != sides[1]) or _has_channels(sides)
    return bool(is_image and last == raw.count and last > max(CHANNELS))


def normalise_images(splits: dict[str, Raw], notes: list[str]) -> dict[str, np.ndarray]:
    """Return split name -> (n, height, width, channels) images, uint8 0-255 or float32 0-1.

    Every conversion is added to `notes`. Raises UploadError naming the array and the remedy.
    """
    shaped = {name: _shaped(raw, notes) for name, raw in splits.items()}
    scale = common_scale({n: (splits[n].label, images) for n, images in shaped.items()}, notes)
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


def _scaled(images: np.ndarray, scale: Scale) -> np.ndarray:
    """Return uint8 0-255 where that loses nothing, else float32 0-1."""
    if scale == BYTES and images.dtype == np.uint8:
        return np.ascontiguousarray(images)
    as_bytes = _exact_bytes(images, scale)
    return as_bytes if as_bytes is not None else _floats(images, scale)


def _exact_bytes(images: np.ndarray, scale: Scale) -> np.ndarray | None:
    converted = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), PIECE):
        values = in_bytes(images[start : start + PIECE], scale)
        rounded = np.rint(values) if values.dtype.kind == "f" else values
        if values.dtype.kind == "f" and np.abs(values - rounded).max() > 1e-3:
            return None
        converted[start : start + PIECE] = rounded
    return converted


def _floats(images: np.ndarray, scale: Scale) -> np.ndarray:
    converted = np.empty(images.shape, np.float32)
    for start in range(0, len(images), PIECE):
        piece = images[start : start + PIECE]
        if scale == UNIT:
            converted[start : start + PIECE] = piece
        else:
            converted[start : start + PIECE] = in_bytes(piece, scale) / 255
    return np.clip(converted, 0, 1, out=converted)


def _as_unit_floats(images: np.ndarray) -> np.ndarray:
    return images if images.dtype == np.float32 else images.astype(np.float32) / np.float32(255)


def _note_scale(
    before: dict[str, np.ndarray], scale: Scale, after: dict[str, np.ndarray], notes: list[str]
) -> None:
    was = "/".join(sorted({str(array.dtype) for array in before.values()}))
    now = next(iter(after.values())).dtype
    if was == "uint8" and scale in (BYTES, BLACK):
        return
    became = "0–255 (uint8)" if now == np.uint8 else "0–1 (float32)"
    if (was, scale, str(now)) != ("float32", UNIT, "float32"):
        notes.append(f"Pixels stored as {was} in {scale.name} were rescaled to {became}.")


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
