"""A hidden test set on its own: one set of labelled images, for grading only."""

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from core.archives import archive, sandbox
from core.archives.child import Source
from core.archives.limits import LIMITS, Limits
from core.archives.members import Member
from core.archives.sandbox import Content
from core.data.dataset import Split
from core.data.uploads import npy, split_names
from core.data.uploads.arrays import Raw, normalise_images, samples_first
from core.data.uploads.unpickle import reader
from core.errors import UploadError
from core.names import plain_name
from core.text import plural

ENDINGS = (".npy", ".pkl", ".pickle")

NOT_ONE_SET = (
    "The hidden test set must be one set of images with labels, as test_images and test_labels in "
    "an .npz. A whole data set goes to the Data page."
)


def read(name: str, content: Content, classes: int, *, scratch: Path | None = None) -> Split | None:
    """Return the images and labels of a file that holds exactly one labelled set.

    Accepts .npz, and .tar.gz or .zip of pickles or .npy files: test_images and test_labels (any
    split's name, or none). Labels stay as they are: class numbers below `classes`.
    None for a file that holds several sets or class folders: read that with `archives.read`.
    Parsed in a limited child. Raises UploadError with the reason and the remedy.
    """
    answer = sandbox.run(
        "core.data.uploads.grading_set:parse",
        content,
        {"name": name},
        limits=LIMITS,
        scratch=scratch,
    )
    if "images" not in answer.arrays:
        return None
    labels = answer.arrays["labels"]
    if labels.min() < 0 or labels.max() >= classes:
        raise UploadError(
            f"{plain_name(name)} has labels from {labels.min()} to {labels.max()}, but the "
            f"networks tell {classes} classes apart: number them from 0 to {classes - 1}."
        )
    return Split(answer.arrays["images"], labels.astype(np.int64))


def parse(source: Source, name: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Entry in the child: return (notes, the one set's arrays, none if it is not one set)."""
    notes: list[str] = []
    found = _pair(_members(source, name))
    if found is None:
        return {"notes": notes}, {}
    arrays = [_array(member, source.limits) for member in found]
    # "train" is the split that sets the size.
    splits = samples_first({"train": Raw("test_images", *arrays)}, notes)
    raw, images = splits["train"], normalise_images(splits, notes)["train"]
    return {"notes": notes}, {"images": images, "labels": _labels(raw.labels, len(images))}


def _members(source: Source, name: str) -> list[Member]:
    packed = archive.unpack(source)
    if packed is not None:
        return packed.members
    raise UploadError(
        f"{plain_name(name)} is neither an .npz nor a .tar.gz or .zip, whatever its name says. "
        "Save the hidden test set with numpy.savez(path, test_images=…, test_labels=…)."
    )


def _pair(members: list[Member]) -> tuple[Member, Member] | None:
    """Return the images' and the labels' member when there is one of each, else None."""
    arrays = [m for m in members if PurePosixPath(m.name).suffix.lower() in ENDINGS]
    roles = [(split_names.array_role(PurePosixPath(m.name).stem), m) for m in arrays]
    known = [(role, member) for role, member in roles if role is not None]
    parts = {role[1]: member for role, member in known}
    if len(known) != 2 or set(parts) != {"images", "labels"}:
        return None
    return parts["images"], parts["labels"]


def _array(member: Member, limits: Limits) -> np.ndarray:
    if member.name.lower().endswith(".npy"):
        return npy.read(member, limits.unpacked_bytes)
    return reader.read(member.content, member.shown, limits.unpacked_bytes)


def _labels(labels: np.ndarray, images: int) -> np.ndarray:
    """Return (n,) whole numbers; a column or one-hot rows are understood."""
    labels = np.atleast_1d(labels)
    if labels.shape[0] == 1 and labels.size == images:  # MATLAB knows no lists, only rows
        labels = labels.reshape(-1)
    if len(labels) != images:
        raise UploadError(
            f"There are {plural(images, 'image')} but {plural(len(labels), 'label')}. "
            "Export the pair together."
        )
    if labels.ndim == 2 and labels.shape[1] > 1 and (labels.sum(axis=1) == 1).all():
        labels = labels.argmax(axis=1)
    flat = labels.reshape(len(labels), -1)
    if flat.shape[1] != 1 or flat.dtype.kind not in "uifb":
        raise UploadError("The labels are not one class number an image. Export class numbers.")
    whole = flat[:, 0].astype(np.int64)
    if not (whole == flat[:, 0]).all():
        raise UploadError("The labels are not whole numbers. Export class numbers.")
    return whole
