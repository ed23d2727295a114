"""Image files decoded to one size and one kind, within a budget of pixels."""

from collections import Counter

import numpy as np
from PIL import Image, ImageOps

from core.archives.child import Tell
from core.archives.limits import MIB, Limits
from core.archives.members import Member
from core.data.uploads.arrays import Raw
from core.data.uploads.class_folders.pictures import (
    DAMAGE,
    ORIENTATION,
    Picture,
    opened,
    orientation,
)
from core.errors import UploadError
from core.text import plural

LONGEST_KEPT_SIDE = 256
LARGEST_RESULT = 300 * MIB
GREY = frozenset({"1", "L", "I", "I;16", "I;16B", "I;16L", "LA"})
KINDS = {
    **{"1": "black and white", "L": "grey", "LA": "grey with transparency", "P": "palette"},
    **{"RGBA": "with transparency", "PA": "palette with transparency", "RGB": "colour"},
    **{"I": "16-bit grey", "I;16": "16-bit grey", "I;16B": "16-bit grey"},
}
# JPEG decodes at an eighth of the size for about a quarter of the time.
DRAFT_COST = 0.25
ROWS = 256  # of a 16-bit image at a time: eight bytes a pixel of all of them would be too many


def decoded(
    pictures: list[Picture], broken: list[Member], limits: Limits, notes: list[str], tell: Tell
) -> dict[str, Raw]:
    """Return the splits' images, all of one size and kind; damaged ones are added to `broken`.

    tell: called with (share done, what is being read). Raises UploadError if nothing can be
    decoded, or if decoding it all would take too long.
    """
    if not pictures:
        raise UploadError("None of the images can be decoded. Export them again as PNG or JPEG.")
    size = _common_size(pictures, notes)
    _check_pixels(pictures, size, limits)
    mode = "L" if all(picture.mode in GREY for picture in pictures) else "RGB"
    _note_conversions(pictures, mode, notes)
    progress = Progress(pictures, tell)
    splits = {}
    for split in sorted({picture.split for picture in pictures}):
        chosen = [picture for picture in pictures if picture.split == split]
        splits[split] = _decode_split(split, chosen, size, mode, broken, progress)
    if "train" not in splits:
        raise UploadError("There is no train folder. Use train/<class>/ and val/<class>/.")
    return splits


class Progress:
    """Tells how much of the images' pixels is decoded: large ones take longer."""

    def __init__(self, pictures: list[Picture], tell: Tell) -> None:
        self._total = sum(_area(picture) for picture in pictures)
        self._tell, self._done, self._said = tell, 0, 0.0

    def add(self, picture: Picture) -> None:
        """Count a picture as decoded."""
        self._done += _area(picture)
        share = self._done / max(1, self._total)
        if share >= self._said + 0.01:
            self._said = share
            self._tell(0.6 + 0.3 * share, f"Decoding {picture.member.shown}")


def _area(picture: Picture) -> int:
    return picture.size[0] * picture.size[1]


def _check_pixels(pictures: list[Picture], size: tuple[int, int], limits: Limits) -> None:
    """Raise UploadError if decoding every image would take too long."""
    area = sum(
        _area(p) * (DRAFT_COST if p.kind == "JPEG" and 8 * size[0] < p.size[0] else 1)
        for p in pictures
    )
    if area > limits.total_pixels:
        largest = max(pictures, key=_area)
        raise UploadError(
            f"The {plural(len(pictures), 'image')} have {sum(map(_area, pictures)) / 1e6:,.0f} "
            f"megapixels together (the largest, {largest.member.shown}, has "
            f"{_area(largest) / 1e6:,.0f}), which takes too long to decode. Make them smaller, at "
            f"most {LONGEST_KEPT_SIDE} pixels a side: more is not kept."
        )


def _common_size(pictures: list[Picture], notes: list[str]) -> tuple[int, int]:
    """Return the (width, height) all images are brought to: the most common, within bounds."""
    counts = Counter(picture.size for picture in pictures)
    (width, height), _ = max(counts.items(), key=lambda item: (item[1], item[0]))
    affordable = (LARGEST_RESULT / (3 * len(pictures))) ** 0.5
    shrink = min(1.0, LONGEST_KEPT_SIDE / max(width, height), affordable / (width * height) ** 0.5)
    size = max(1, int(width * shrink)), max(1, int(height * shrink))
    changed = sum(count for seen, count in counts.items() if seen != size)
    if changed:
        notes.append(
            f"{changed:,} of {len(pictures):,} images had another size and were resized to "
            f"{size[1]} × {size[0]} pixels."
        )
    return size


def _note_conversions(pictures: list[Picture], mode: str, notes: list[str]) -> None:
    others = Counter(picture.mode for picture in pictures if picture.mode != mode)
    if others:
        found = ", ".join(
            f"{count:,} {KINDS.get(name, name)}" for name, count in sorted(others.items())
        )
        goal = "grey" if mode == "L" else "colour (RGB)"
        notes.append(f"Images of other kinds were converted to {goal}: {found}.")


def _decode_split(
    split: str,
    pictures: list[Picture],
    size: tuple[int, int],
    mode: str,
    broken: list[Member],
    progress: Progress,
) -> Raw:
    channels = 1 if mode == "L" else 3
    images = np.empty((len(pictures), size[1], size[0], channels), np.uint8)
    names: list[str] = []
    for picture in pictures:
        pixels = _decode(picture.member, size, mode)
        progress.add(picture)
        if pixels is None:
            broken.append(picture.member)
            continue
        images[len(names)] = pixels.reshape(images.shape[1:])
        names.append(picture.class_name)
    return Raw(f"{split} images", images[: len(names)], np.array(names, dtype=np.str_))


def _decode(member: Member, size: tuple[int, int], mode: str) -> np.ndarray | None:
    """Return the first frame, upright, in the wanted mode and size; None if it is damaged."""
    image = opened(member)
    if image is None:
        return None
    try:
        image.seek(0)
        if size[0] * 2 < image.size[0]:
            image.draft(mode, (size[0] * 2, size[1] * 2))  # JPEG: decode no more than needed
        image.load()  # what a PNG says behind its pixels counts too
        upright = _in_mode(_upright(_eight_bit(image)), mode)
        return np.asarray(upright.resize(size, Image.Resampling.BILINEAR))
    except DAMAGE:
        return None


# Pillow copies the image in both cases, and one of 49 megapixels takes 196 MB each time.
def _upright(image: Image.Image) -> Image.Image:
    return image if orientation(image) == 1 else ImageOps.exif_transpose(image)


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return 16-bit grey scaled to 8 bits; `convert` would clip it to white."""
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image)
    eight = np.empty(values.shape, np.uint8)
    for row in range(0, len(values), ROWS):
        piece = values[row : row + ROWS].astype(np.float64)
        eight[row : row + ROWS] = np.rint(np.clip(piece / 257, 0, 255))
    picture = Image.fromarray(eight)
    picture.getexif().update({ORIENTATION: orientation(image)})
    return picture
