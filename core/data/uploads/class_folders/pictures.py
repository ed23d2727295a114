"""Image files of strangers: recognised by name and content, their headers checked."""

import io
import struct
import warnings
from dataclasses import dataclass
from pathlib import PurePosixPath

from PIL import Image, UnidentifiedImageError

from core.archives.limits import Limits
from core.archives.members import Member
from core.errors import UploadError

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
ORIENTATION = 0x0112  # EXIF's number for it
PNG = b"\x89PNG\r\n\x1a\n"
SIGNATURES = (PNG, b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\0", b"MM\0*")
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
        image = opened(member)
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
    is_turned = orientation(image) in (5, 6, 7, 8)
    return ((height, width) if is_turned else (width, height)), image.mode, str(image.format)


def _too_many_pixels(member: Member, limits: Limits, found: str) -> UploadError:
    return UploadError(
        f"The image {member.shown} has {found}more than the {limits.image_pixels / 1e6:,.0f} "
        "megapixels that are accepted. Make it smaller."
    )


def opened(member: Member) -> Image.Image | None:
    """Return the image, its header read; None if it is cut short.

    Raises UploadError if the content is no image of an accepted format.
    """
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


def orientation(image: Image.Image) -> int:
    """Return how the camera was held, as EXIF numbers it; 1 is upright. Decodes nothing."""
    try:
        if image.format == "PNG" and "exif" not in image.info:
            return _orientation_of_png(image)
        return int(image.getexif().get(ORIENTATION, 1))
    except DAMAGE:
        return 1


def _orientation_of_png(image: Image.Image) -> int:
    """Return the same of a PNG, whose own `getexif` would decode all pixels to look behind them."""
    behind = _chunk(image, b"eXIf")
    if behind is None:
        return int(Image.Image.getexif(image).get(ORIENTATION, 1))
    exif = Image.Exif()
    exif.load(behind)
    return int(exif.get(ORIENTATION, 1))


def _chunk(image: Image.Image, kind: bytes) -> bytes | None:
    """Return the content of the first chunk of this kind in a PNG file, None if there is none."""
    file = getattr(image, "fp", None)
    if not isinstance(file, io.BytesIO):
        return None
    content, at = file.getbuffer(), len(PNG)
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4])
        if content[at + 4 : at + 8] == kind:
            return bytes(content[at + 8 : at + 8 + size])
        at += size + 12  # with length, kind and checksum
    return None
