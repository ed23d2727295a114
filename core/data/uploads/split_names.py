"""Which array or folder is which split: the names people use, understood in one place."""

import re
import unicodedata

from core.errors import UploadError
from core.names import plain_name

TRAIN, VALIDATION, TEST = "train", "validation", "test"
# Of folders and arrays.
SPLITS = {
    **dict.fromkeys(("train", "training", "trainval", "tr"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev", "development"), VALIDATION),
    **dict.fromkeys(("eval", "evaluation"), VALIDATION),
    **dict.fromkeys(("test", "testing", "holdout"), TEST),
}
# Short forms that stand beside a part ("X_va") and would be too bold for a folder.
SHORT = {
    "trn": TRAIN,
    "va": VALIDATION,
    "vl": VALIDATION,
    "cv": VALIDATION,
    "te": TEST,
    "ts": TEST,
    "tst": TEST,
}
# Beginnings of longer words ("trainset", "Testdaten"), for names that nothing else explains.
BEGINNINGS = {
    **dict.fromkeys(("train", "entren", "entrain", "trein", "addestr", "apprenti"), TRAIN),
    **dict.fromkeys(("valid", "valset", "valdata", "devset", "evaluat", "evalset"), VALIDATION),
    **dict.fromkeys(("test", "prueba", "holdout"), TEST),
}
# Words that say nothing about the split: "Train Data", "training_set", "train2017_images".
NEUTRAL = frozenset(
    [
        "set",
        "sets",
        "data",
        "dataset",
        "datasets",
        "image",
        "images",
        "img",
        "imgs",
        "picture",
        "pictures",
        "photo",
        "photos",
        "folder",
        "folders",
        "split",
        "splits",
        "sample",
        "samples",
        "file",
        "files",
        "jpg",
        "jpeg",
        "png",
    ]
)
UNLABELLED = frozenset(
    [
        "pred",
        "predict",
        "prediction",
        "predictions",
        "unlabeled",
        "unlabelled",
        "unlabel",
        "unsup",
        "unknown",
    ]
)
PARTS = {
    **dict.fromkeys(("images", "image", "x", "data", "features", "imgs", "img"), "images"),
    **dict.fromkeys(("inputs", "input"), "images"),
    **dict.fromkeys(("labels", "label", "y", "targets", "target", "lbls", "lbl"), "labels"),
}
WHOLE = "whole"  # images that are still to be split


def split_of(folder: str) -> str | None:
    """Return the split that a folder's name plainly means: train, Test Data, val2017; else None."""
    roles, others = _sorted(_words(folder))
    return roles.pop() if len(roles) == 1 and not others - NEUTRAL else None


def split_in(folder: str) -> str | None:
    """Return the one split that a folder's name mentions: seg_train, Testdaten; else None.

    Only for folders whose contents show that they are splits: "train_station" mentions one too.
    """
    roles, others = _sorted(_words(folder))
    roles |= {SHORT[word] for word in others if word in SHORT}
    roles |= {s for word in others for start, s in BEGINNINGS.items() if word.startswith(start)}
    return roles.pop() if len(roles) == 1 else None


def rest_of(folder: str) -> str:
    """Return a folder's name without the words that mean splits: "cat" of "train_cat"."""
    return " ".join(word for word in _words(folder) if word not in SPLITS)


def is_unlabelled(folder: str) -> bool:
    """Tell whether a folder's name says that nobody knows what its images show: seg_pred."""
    return bool(set(_words(folder)) & UNLABELLED)


def _sorted(words: list[str]) -> tuple[set[str], set[str]]:
    """Return (the splits among the words, the other words); "trainset" is "train set"."""
    roles, others = set(), set()
    for word in words:
        stem = next((word.removesuffix(n) for n in ("set", "data") if word.endswith(n)), word)
        split = SPLITS.get(word) or SPLITS.get(stem)
        roles |= {split} if split else set()
        others |= set() if split else {word}
    return roles, others


def _words(name: str) -> list[str]:
    """Return the words of a name in lower case without accents: "TrainData-2" is train, data."""
    plain = unicodedata.normalize("NFKD", name[:200]).encode("ascii", "ignore").decode()
    apart = re.sub("([a-z])([A-Z])", r"\1 \2", plain).lower()
    return re.findall("[a-z]+", re.sub(r"\bhold[ _-]out\b|hold_out", "holdout", apart))


def array_role(key: str) -> tuple[str, str] | None:
    """Return (split, "images" or "labels") for names such as train_images, X_va, trainY or labels.

    None for a name with any other word in it.
    """
    known = SPLITS | SHORT
    words = {part for word in _words(key[:100]) for part in _glued(word)}
    splits = {known[word] for word in words if word in known}
    parts = {PARTS[word] for word in words - {"data"} if word in PARTS}
    if not parts and "data" in words:  # "train_data"; but "train_data_labels" are labels
        parts = {"images"}
    if words - set(known) - set(PARTS) - {"set"} or len(parts) != 1 or len(splits) > 1:
        return None
    return (splits.pop() if splits else WHOLE), parts.pop()


def _glued(word: str) -> tuple[str, ...]:
    """Return the words in one that was written without a gap: "xtrain", "trainimages", "valset"."""
    if word in SPLITS or word in PARTS:
        return (word,)
    for part in sorted((*PARTS, "set"), key=len, reverse=True):
        for split in (word.removeprefix(part), word.removesuffix(part)):
            is_short = part in ("x", "y") and split in SHORT  # Xte, yva
            if split != word and (split in SPLITS or is_short):
                return (part, split)
    return (word,)


def check_pairs(found: dict[tuple[str, str], str], all_names: list[str], wanted: str) -> list[str]:
    """Return the splits that have images and labels.

    found: (split, part) -> name as stored. wanted: the names to ask for, in messages. Raises
    UploadError if a half is missing or nothing is for training.
    """
    splits = sorted({split for split, _ in found})
    missing = [f"{s} {p}" for s in splits for p in ("images", "labels") if (s, p) not in found]
    has_start = (TRAIN, "images") in found or (WHOLE, "images") in found
    if missing or not has_start:
        lacking = ", ".join(missing) or "training images"
        listed = ", ".join(plain_name(name) for name in all_names[:12]) or "nothing"
        raise UploadError(f"Missing: {lacking}. Found: {listed}. Wanted: {wanted}.")
    return splits
