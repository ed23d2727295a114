"""What a person wants to know of a data set before anything is stored or trained."""

import hashlib
from dataclasses import dataclass

import numpy as np

from core.data.dataset import Dataset, Split
from core.data.images import resize, with_channels
from core.data.near_duplicates import near_duplicates
from core.text import plural

THUMBNAIL = 48
# Standard deviation over the pixels of a channel, in units of 1/255, below which it shows nothing.
NEARLY_CONSTANT = 2.0
PIECE = 1024


@dataclass(frozen=True)
class ClassCheck:
    """One class: its images per split and some of them, (n, 48, 48, 3) uint8."""

    name: str
    train: int
    validation: int
    test: int
    thumbnails: np.ndarray


@dataclass(frozen=True)
class Checks:
    """Findings on a data set; `warnings` and `conversions` are finished sentences.

    duplicates: training images that repeat an earlier one. validation_overlap, test_overlap:
    images that are also training images. near_duplicates: validation and test images that look
    like a training image without being equal to one, as copies that were saved or resized anew do.
    nearly_constant: images without content, all splits.
    balance: smallest class / largest class of the training set.
    """

    classes: tuple[ClassCheck, ...]
    duplicates: int
    conflicting: int
    validation_overlap: int
    test_overlap: int
    near_duplicates: int
    nearly_constant: int
    balance: float
    warnings: tuple[str, ...]
    conversions: tuple[str, ...]


def check(dataset: Dataset, thumbnails: int = 8) -> Checks:
    """Return everything the Data page shows of a data set."""
    train = image_digests(dataset.train.images)
    overlaps = [
        _shared(train, image_digests(split.images)) if split else 0
        for split in (dataset.validation, dataset.test)
    ]
    constant = sum(
        _nearly_constant(split)
        for split in (dataset.train, dataset.validation, dataset.test)
        if split
    )
    classes = tuple(_class(dataset, label, thumbnails) for label in range(len(dataset.class_names)))
    counts = [entry.train for entry in classes]
    conflicting = _conflicting(train, dataset.train.labels)
    findings = {
        "duplicates": len(train) - len(set(train)),
        "conflicting": conflicting,
        "validation_overlap": overlaps[0],
        "test_overlap": overlaps[1],
        "near_duplicates": near_duplicates(
            dataset.train.images,
            [split.images for split in (dataset.validation, dataset.test) if split],
        ),
        "nearly_constant": constant,
    }
    balance = min(counts) / max(max(counts), 1)
    own = [note for note in dataset.notes if note.startswith("Warning: ")]
    return Checks(
        classes=classes,
        balance=balance,
        warnings=(
            *(_sentence(note.removeprefix("Warning: ")) for note in own),
            *_warnings(findings, balance, dataset, classes),
        ),
        conversions=tuple(note for note in dataset.notes if note not in own),
        **findings,
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def overlap(train: np.ndarray, other: np.ndarray) -> int:
    """Return how many of the other images are exactly equal to a training image."""
    return _shared(image_digests(train), image_digests(other))


def image_digests(images: np.ndarray) -> list[bytes]:
    """Return a 16-byte fingerprint an image."""
    return [
        hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest()
        for image in images
    ]


def _shared(train: list[bytes], other: list[bytes]) -> int:
    known = set(train)
    return sum(digest in known for digest in other)


def _conflicting(digests: list[bytes], labels: np.ndarray) -> int:
    """Return how many distinct images carry more than one label."""
    pairs = set(zip(digests, labels.tolist(), strict=True))
    return len(pairs) - len(set(digests))


def _nearly_constant(split: Split) -> int:
    scale = 1.0 if split.images.dtype == np.uint8 else 255.0
    return sum(
        int(np.count_nonzero(_spread(piece) * scale < NEARLY_CONSTANT))
        for piece in (split.images[i : i + PIECE] for i in range(0, len(split), PIECE))
    )


def _spread(images: np.ndarray) -> np.ndarray:
    """Return the largest deviation of a channel over its pixels: a flat colour has none."""
    spread = images.std(axis=(1, 2), dtype=np.float32)
    return np.asarray(spread if spread.ndim == 1 else spread.max(axis=1))


def _class(dataset: Dataset, label: int, thumbnails: int) -> ClassCheck:
    rows = np.flatnonzero(dataset.train.labels == label)
    validation, test = (
        int(np.count_nonzero(split.labels == label)) if split else 0
        for split in (dataset.validation, dataset.test)
    )
    shown = thumbnail_images(_examples(dataset, label, thumbnails))
    return ClassCheck(dataset.class_names[label], len(rows), validation, test, shown)


def _examples(dataset: Dataset, label: int, count: int) -> np.ndarray:
    """Return images of a class, evenly spread, from the first split that has any."""
    for split in (dataset.train, dataset.validation, dataset.test):
        rows = np.flatnonzero(split.labels == label) if split else np.empty(0, int)
        if len(rows):
            break
    spread = rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)]
    return np.asarray((split or dataset.train).images[spread])


def thumbnail_images(images: np.ndarray, side: int = THUMBNAIL) -> np.ndarray:
    """Return the images as (n, side, side, 3) uint8, for showing."""
    as_bytes = images
    if images.dtype != np.uint8:
        as_bytes = np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
    return resize(with_channels(as_bytes, 3), (side, side))


def _warnings(
    findings: dict[str, int], balance: float, dataset: Dataset, classes: tuple[ClassCheck, ...]
) -> list[str]:
    warnings = []
    if findings["duplicates"]:
        warnings.append(
            f"{plural(findings['duplicates'], 'training image')} too many: repeats of others."
        )
    if findings["conflicting"]:
        warnings.append(
            f"{plural(findings['conflicting'], 'training image')} with more than one label."
        )
    if findings["near_duplicates"]:
        warnings.append(
            f"{plural(findings['near_duplicates'], 'validation or test image')} nearly equal to a "
            "training image: accuracy will look better than it is."
        )
    if findings["nearly_constant"]:
        warnings.append(f"{plural(findings['nearly_constant'], 'image')} with a single colour.")
    if balance < 0.5:
        smallest = min(classes, key=lambda entry: entry.train)
        warnings.append(
            f"The classes are unbalanced: {smallest.name} has only "
            f"{plural(smallest.train, 'training image')}."
        )
    if len(dataset.validation) < 50 * len(classes):
        warnings.append(
            f"Only {plural(len(dataset.validation), 'validation image')}: accuracy will be rough."
        )
    return warnings
