"""Which array or folder is which split: the names people use, understood in one place."""

import re

from core.errors import UploadError
from core.names import plain_name

SPLITS = {
    "train": "train",
    "training": "train",
    "tr": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "holdout": "test",
}
PARTS = {
    "images": "images",
    "image": "images",
    "x": "images",
    "data": "images",
    "features": "images",
    "imgs": "images",
    "labels": "labels",
    "label": "labels",
    "y": "labels",
    "targets": "labels",
    "target": "labels",
}
WHOLE = "whole"  # images that are still to be split


def split_of(folder: str) -> str | None:
    """Return the split a folder's name means, or None."""
    return SPLITS.get(folder.strip().lower())


def array_role(key: str) -> tuple[str, str] | None:
    """Return (split, "images" or "labels") for names such as train_images, x_train or labels."""
    words = [word for word in re.split(r"[^a-z]+", key.lower()[:100]) if word]
    splits = [SPLITS[word] for word in words if word in SPLITS]
    parts = [PARTS[word] for word in words if word in PARTS]
    if len(parts) != 1 or len(splits) > 1 or len(words) != len(parts) + len(splits):
        return None
    return (splits[0] if splits else WHOLE), parts[0]


def check_pairs(found: dict[tuple[str, str], str], all_names: list[str], wanted: str) -> list[str]:
    """Return the splits that have images and labels; raise UploadError if a half is missing.

    found: (split, part) -> name as stored. wanted: the names to ask for, in messages.
    """
    splits = sorted({split for split, _ in found})
    missing = [f"{s} {p}" for s in splits for p in ("images", "labels") if (s, p) not in found]
    has_start = ("train", "images") in found or (WHOLE, "images") in found
    if missing or not has_start:
        lacking = ", ".join(missing) or "training images"
        listed = ", ".join(plain_name(name) for name in all_names[:12]) or "nothing"
        raise UploadError(f"Missing: {lacking}. Found: {listed}. Wanted: {wanted}.")
    return splits
