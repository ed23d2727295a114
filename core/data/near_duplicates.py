"""Images that are copies for a person but not for a digest: saved again, resized, recompressed."""

from collections.abc import Sequence

import numpy as np

from core.data.images import resize, with_channels

SIDE = 8  # of the small pictures that are compared
# Root mean square difference of two small pictures, in units of 1/255. A JPEG of quality 75 moves
# them by less than 1; different photographs of one class are 20 and more apart.
NEAR = 2.0
PIECE = 256


def near_duplicates(train: np.ndarray, others: Sequence[np.ndarray]) -> int:
    """Return how many of the other images look like a training image without being equal to one.

    train, others: (n, height, width, channels), uint8 or 0-1 floats. Flat pictures are left out:
    they look alike without being copies.
    """
    known = _signatures(train)
    known = known[_has_content(known)]
    known = known[np.argsort(known.mean(axis=1), kind="stable")]
    equal = {image.tobytes() for image in train}
    return sum(_count(known, equal, images) for images in others) if len(known) else 0


def _signatures(images: np.ndarray) -> np.ndarray:
    """Return (n, 3 · SIDE²) float32 small pictures in units of 1/255; n may be 0."""
    as_bytes = images
    if images.dtype != np.uint8:
        as_bytes = np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
    small = resize(with_channels(as_bytes, 3), (SIDE, SIDE)).astype(np.float32)
    return np.asarray(small.reshape(len(images), 3 * SIDE * SIDE))


def _has_content(signatures: np.ndarray) -> np.ndarray:
    return np.asarray(signatures.std(axis=1) > 4 * NEAR)


def _count(known: np.ndarray, equal: set[bytes], images: np.ndarray) -> int:
    candidates = np.array([image.tobytes() not in equal for image in images], bool)
    signatures = _signatures(images[candidates])
    signatures = signatures[_has_content(signatures)] if len(signatures) else signatures
    signatures = signatures[np.argsort(signatures.mean(axis=1), kind="stable")]
    pieces = (signatures[i : i + PIECE] for i in range(0, len(signatures), PIECE))
    return sum(int(np.count_nonzero(_nearest(known, piece) < NEAR)) for piece in pieces)


def _nearest(known: np.ndarray, piece: np.ndarray) -> np.ndarray:
    """Return the distance of each picture of a piece to the nearest known one.

    Both are sorted by mean: pictures within NEAR of each other have means within NEAR.
    """
    means = known.mean(axis=1)
    low, high = piece[0].mean() - NEAR, piece[-1].mean() + NEAR
    near = known[np.searchsorted(means, low) : np.searchsorted(means, high, "right")]
    if not len(near):
        return np.full(len(piece), np.inf)
    squares = (piece**2).sum(1)[:, None] - 2 * piece @ near.T + (near**2).sum(1)[None]
    return np.asarray(np.sqrt(np.maximum(squares.min(axis=1), 0) / piece.shape[1]))
