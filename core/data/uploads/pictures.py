"""Image files of strangers: recognised, their headers checked, decoded to one size and kind."""

import io
import struct
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.archives.child import Tell
from core.archives.limits import Limits
from core.archives.members import Member
from core.data.uploads.arrays import Raw
from core.errors import UploadError
from core.text import plural

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF")
ENDINGS = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".webp"}
    | {".ppm", ".pgm", ".pbm", ".pnm", ".tif", ".tiff"}
)
ACCEPTED = "PNG, JPEG, GIF, BMP, WebP, TIFF"
# Endings of images that are not read -> the name that people know.
OTHER_KINDS = {
    **dict.fromkeys((".heic", ".heif", ".hif"), "HEIC"),
    **dict.fromkeys((".jp2", ".j2k", ".jpx", ".jpf"), "JPEG 2000"),
    **dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raw"), "camera raw"),
    **{".jxl": "JPEG XL", ".psd": "Photoshop", ".dcm": "DICOM", ".dicom": "DICOM"},
    **{f".{name}": name.upper() for name in ("avif", "svg", "exr", "hdr", "ico", "tga", "pcx")},
    **{f".{name}": name.upper() for name in ("dds", "sgi", "fits", "pfm", "icns", "xpm", "nii")},
}
SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\0", b"MM\0*")
LONGEST_KEPT_SIDE = 256
LARGEST_RESULT = 300 * 1024 * 1024
GREY = frozenset({"1", "L", "I", "I;16", "I;16B", "I;16L", "LA"})
KINDS = {
    **{"1": "black and white", "L": "grey", "LA": "grey with transparency", "P": "palette"},
    **{"RGBA": "with transparency", "PA": "palette with transparency", "RGB": "colour"},
    **{"I": "16-bit grey", "I;16": "16-bit grey", "I;16B": "16-bit grey"},
}
# JPEG decodes at an eighth of the size for about a quarter of the time.
DRAFT_COST = 0.25
# What Pillow raises for images that are cut short or malformed.
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, struct.error)


@dataclass(frozen=True)
class Picture:
    """One image file, its place in the data set and what its header says."""

    member: Member
    split: str
    class_name: str
    size: tuple[int, int]  # (width, height) as shown, i.e. after EXIF rotation
    mode: str
    kind: str  # Pillow's name of the format


def is_picture(member: Member) -> bool:
    """Tell whether a member is to be read as an image: by its ending, or without one its start."""
    ending = PurePosixPath(member.name).suffix.lower()
    return ending in ENDINGS or (not ending and _is_signed(member))


def _is_signed(member: Member) -> bool:
    return bytes(member.content[:16]).startswith(SIGNATURES)


def kind_of_other(member: Member) -> str | None:
    """Return what kind of image a member is that is not read; None if it is no image."""
    kind = OTHER_KINDS.get(PurePosixPath(member.name).suffix.lower())
    unknown = not kind and not is_picture(member) and _is_signed(member)
    return "of an unknown ending" if unknown else kind


def header(member: Member, limits: Limits) -> tuple[tuple[int, int], str, str] | None:
    """Return ((width, height) after rotation, mode, format) without decoding; None if damaged.

    Raises UploadError for what is no accepted image, or too large a one.
    """
    try:
        image = _opened(member)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(member, limits, "") from error
    if image is None:
        return None
    width, height = image.size
    if width * height > limits.image_pixels:
        raise _too_many_pixels(member, limits, f"{width * height / 1e6:,.0f} megapixels, ")
    if image.mode == "F" or (image.mode == "I" and image.format == "TIFF"):
        numbers = "fractions" if image.mode == "F" else "32-bit numbers"
        raise UploadError(
            f"The image {member.shown} holds {numbers}, whose range only you know. "
            "Save it with 8 bits a channel."
        )
    is_turned = _orientation(image) in (5, 6, 7, 8)
    return ((height, width) if is_turned else (width, height)), image.mode, str(image.format)


def _too_many_pixels(member: Member, limits: Limits, found: str) -> UploadError:
    return UploadError(
        f"The image {member.shown} has {found}more than the {limits.image_pixels / 1e6:,.0f} "
        "megapixels that are accepted. Make it smaller."
    )


def _opened(member: Member) -> Image.Image | None:
    """Return the image, its header read; None if it is cut short; refuse other contents."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sizes are judged by the caller, against its limits
            return Image.open(io.BytesIO(member.content), formats=FORMATS)
    except UnidentifiedImageError as error:
        if bytes(member.content[:16]).startswith((*SIGNATURES, b"BM")):
            return None
        raise UploadError(
            f"{member.shown} is named like an image but is none that is accepted "
            f"({ACCEPTED}). Convert it or leave it out."
        ) from error
    except DAMAGE:
        return None


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except DAMAGE:
        return 1


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
    image = _opened(member)
    if image is None:
        return None
    try:
        image.seek(0)
        if size[0] * 2 < image.size[0]:
            image.draft(mode, (size[0] * 2, size[1] * 2))  # JPEG: decode no more than needed
        upright = ImageOps.exif_transpose(_eight_bit(image)).convert(mode)
        return np.asarray(upright.resize(size, Image.Resampling.BILINEAR))
    except DAMAGE:
        return None


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return 16-bit grey scaled to 8 bits; `convert` would clip it to white."""
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image, dtype=np.float64)
    eight = Image.fromarray(np.rint(np.clip(values / 257, 0, 255)).astype(np.uint8))
    eight.getexif().update({0x0112: _orientation(image)})
    return eight
