"""Folders of images, one a class, with or without folders for the splits."""

import io
import struct
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.archives.limits import Limits
from core.archives.members import Member, Packed
from core.data.uploads.arrays import Raw
from core.data.uploads.split_names import split_of
from core.errors import UploadError
from core.names import plain_name
from core.text import plural

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".ppm", ".pgm"})
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM")
LONGEST_KEPT_SIDE = 256
LARGEST_RESULT = 300 * 1024 * 1024
GREY = frozenset({"1", "L", "I", "I;16", "I;16B", "I;16L", "F", "LA"})
LISTED = 10
KINDS = {
    **{"1": "black and white", "L": "grey", "LA": "grey with transparency", "P": "palette"},
    **{"RGBA": "with transparency", "PA": "palette with transparency", "RGB": "colour"},
    **{"I": "16-bit grey", "I;16": "16-bit grey", "I;16B": "16-bit grey", "F": "32-bit grey"},
}
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


def read(
    packed: Packed, limits: Limits, notes: list[str], merge_case: bool
) -> tuple[dict[str, Raw], list[str]]:
    """Return the splits and the class names in alphabetical order; conversions go to `notes`.

    merge_case: take class folders that differ only in case as one; else they are refused.
    """
    members = [m for m in packed.members if PurePosixPath(m.name).suffix.lower() in ENDINGS]
    _note_list(notes, "other file", [m for m in packed.members if m not in members])
    if not members:
        raise UploadError(
            "The folders hold no images (PNG, JPEG, GIF, BMP, WebP). "
            "Put each image in a folder named after its class."
        )
    wrapper = _wrapper_depth([member.parts for member in members])
    places = [_place(member, wrapper) for member in members]
    _check_empty(packed.folders, members, wrapper + (2 if places[0].split_folder else 1))
    spelling = _spelling({place.class_name for place in places}, merge_case)
    pictures, broken = [], []
    for member, place in zip(members, places, strict=True):
        header = _header(member, limits)
        if header is None:
            broken.append(member)
        else:
            pictures.append(Picture(member, place.split, spelling[place.class_name], *header))
    return _decoded(pictures, broken, notes), sorted(set(spelling.values()))


@dataclass(frozen=True)
class Place:
    """Where an image belongs, by its folders."""

    split: str
    class_name: str
    split_folder: bool


def _wrapper_depth(paths: list[tuple[str, ...]]) -> int:
    """Return how many top folders all images share without meaning anything."""
    depth = 0
    while all(len(path) > depth + 2 for path in paths):
        tops = {path[depth] for path in paths}
        if len(tops) > 1 or split_of(next(iter(tops))):
            break
        depth += 1
    return depth


def _place(member: Member, wrapper: int) -> Place:
    parts = member.parts[wrapper:]
    if len(parts) >= 3 and split_of(parts[0]):
        return Place(split_of(parts[0]) or "train", parts[1], True)
    if len(parts) < 2 or split_of(parts[0]):
        raise UploadError(
            f"The image {member.shown} lies in no class folder. "
            "Use <class>/<image>, or train/<class>/<image> and val/<class>/<image>."
        )
    return Place("train", parts[0], False)


def _check_empty(folders: Iterable[str], members: list[Member], level: int) -> None:
    """Raise UploadError if a class folder holds no image; level: parts of a class folder's path."""
    filled = {member.parts[:level] for member in members}
    for folder in sorted(folders):
        parts = tuple(part for part in folder.split("/") if part not in ("", "."))
        if len(parts) == level and parts not in filled:
            raise UploadError(
                f"The folder {plain_name(folder)} holds no images. Add some or leave it out."
            )


def _spelling(names: set[str], merge_case: bool) -> dict[str, str]:
    """Return folder name -> class name; names that differ only in case are asked about."""
    by_folded: dict[str, list[str]] = {}
    for name in sorted(names):
        by_folded.setdefault(name.casefold(), []).append(name)
    for same in by_folded.values():
        if len(same) > 1 and not merge_case:
            shown = " and ".join(plain_name(name) for name in same[:4])
            raise UploadError(
                f"The folders {shown} differ only in case: are they one class? Choose to merge "
                "them and upload again, or rename one of them."
            )
    return {name: same[0] for same in by_folded.values() for name in same}


def _header(member: Member, limits: Limits) -> tuple[tuple[int, int], str] | None:
    """Return ((width, height) after rotation, mode) without decoding; None if it is damaged."""
    try:
        image = _opened(member)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(member, limits, "") from error
    if image is None:
        return None
    width, height = image.size
    if width * height > limits.image_pixels:
        raise _too_many_pixels(member, limits, f"{width * height / 1e6:,.0f} megapixels, ")
    is_turned = _orientation(image) in (5, 6, 7, 8)
    return ((height, width) if is_turned else (width, height)), image.mode


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
        start = bytes(member.content[:16])
        if start.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF")):
            return None
        raise UploadError(
            f"{member.shown} is named like an image but is none that is accepted "
            "(PNG, JPEG, GIF, BMP, WebP). Convert it or leave it out."
        ) from error
    except DAMAGE:
        return None


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except DAMAGE:
        return 1


def _decoded(pictures: list[Picture], broken: list[Member], notes: list[str]) -> dict[str, Raw]:
    if not pictures:
        raise UploadError("None of the images can be decoded. Export them again as PNG or JPEG.")
    size = _common_size(pictures, notes)
    mode = "L" if all(picture.mode in GREY for picture in pictures) else "RGB"
    _note_conversions(pictures, mode, notes)
    splits = {}
    for split in sorted({picture.split for picture in pictures}):
        chosen = [picture for picture in pictures if picture.split == split]
        splits[split] = _decode_split(split, chosen, size, mode, broken)
    _note_list(notes, "damaged image", broken)
    _check_left({(p.split, p.class_name) for p in pictures}, splits)
    if "train" not in splits:
        raise UploadError("There is no train folder. Use train/<class>/ and val/<class>/.")
    return splits


def _check_left(wanted: set[tuple[str, str]], splits: dict[str, Raw]) -> None:
    left = {(split, str(name)) for split, raw in splits.items() for name in set(raw.labels)}
    for split, name in sorted(wanted - left):
        raise UploadError(
            f"No image of {plain_name(name)} ({split}) can be decoded. Export them again."
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
    split: str, pictures: list[Picture], size: tuple[int, int], mode: str, broken: list[Member]
) -> Raw:
    channels = 1 if mode == "L" else 3
    images = np.empty((len(pictures), size[1], size[0], channels), np.uint8)
    names: list[str] = []
    for picture in pictures:
        pixels = _decode(picture.member, size, mode)
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


def _note_list(notes: list[str], what: str, members: list[Member]) -> None:
    if not members:
        return
    shown = ", ".join(member.shown for member in members[:LISTED])
    more = f" and {len(members) - LISTED:,} more" if len(members) > LISTED else ""
    notes.append(f"Skipped {plural(len(members), what)}: {shown}{more}.")
