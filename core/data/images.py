"""Bringing images of any size and channel count to the network's input."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from core.errors import UploadError

# The weights of ITU-R 601-2, which Pillow and every camera use for grey.
LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def fit(images: np.ndarray, input_shape: tuple[int, int, int]) -> tuple[np.ndarray, str]:
    """Return the images at the network's input size, and a sentence about what changed.

    images: (n, height, width, channels), uint8 0-255 or float32 0-1; the kind stays.
    input_shape: (height, width, channels). Equal shapes: the same array and an empty sentence.
    """
    if images.shape[1:] == tuple(input_shape):
        return images, ""
    height, width, channels = input_shape
    fitted = resize(with_channels(images, channels), (height, width))
    return fitted, fit_note(images.shape[1:], input_shape)


def fit_note(images: Sequence[int], network: Sequence[int], verb: str = "were") -> str:
    """Return the sentence about what `fit` changes, "" for nothing.

    images, network: (height, width, channels). verb: "are", before it is done.
    """
    if tuple(images) == tuple(network):
        return ""
    was, now = (" × ".join(map(str, shape)) for shape in (images, network))
    return f"Images of {was} {verb} brought to the network's input of {now}."


def with_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """Return the images with 1 (grey) or 3 (colour) channels; transparency is dropped.

    Grey is repeated for colour; colour becomes luminance (ITU-R 601-2) for grey.
    Raises UploadError if there are neither one nor three channels of colour.
    """
    present = images.shape[-1]
    if present == channels:
        return images
    opaque = images[..., : {2: 1, 4: 3}.get(present, present)]
    if opaque.shape[-1] == channels:
        return opaque
    if opaque.shape[-1] == 1:
        return np.repeat(opaque, channels, axis=-1)
    if opaque.shape[-1] == 3 and channels == 1:
        return _grey(opaque)
    raise UploadError(
        f"Images with {present} channels cannot be turned into {channels} channels. "
        "Upload grey (1) or colour (3) images."
    )


def _grey(images: np.ndarray) -> np.ndarray:
    grey = np.empty((*images.shape[:-1], 1), dtype=images.dtype)
    for start in range(0, len(images), 1024):  # in pieces: float copies of it all cost too much
        piece = images[start : start + 1024].astype(np.float32) @ LUMINANCE
        grey[start : start + 1024, ..., 0] = np.rint(piece) if images.dtype == np.uint8 else piece
    return grey


def resize(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the images at (height, width), resampled bilinearly with anti-aliasing.

    Bilinear never overshoots, so that values stay within 0-255 or 0-1.
    """
    if images.shape[1:3] == tuple(size):
        return images
    resized = np.empty((len(images), *size, images.shape[-1]), dtype=images.dtype)
    one = _resize_bytes if images.dtype == np.uint8 else _resize_floats
    for index, image in enumerate(images):
        resized[index] = one(image, (size[1], size[0])).reshape(resized.shape[1:])
    return resized


def _resize_bytes(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if image.shape[-1] == 2:
        channels = [_resize_bytes(image[..., c : c + 1], size) for c in range(2)]
        return np.stack(channels, axis=-1)
    picture = Image.fromarray(
        np.ascontiguousarray(image[..., 0] if image.shape[-1] == 1 else image)
    )
    return np.asarray(picture.resize(size, Image.Resampling.BILINEAR))


def _resize_floats(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    channels = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(image[..., c], dtype=np.float32)).resize(
                size, Image.Resampling.BILINEAR
            )
        )
        for c in range(image.shape[-1])
    ]
    return np.stack(channels, axis=-1)
