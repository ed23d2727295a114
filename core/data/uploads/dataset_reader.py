"""The one entrance for data sets that strangers upload."""

from pathlib import Path
from typing import Any

import numpy as np

from core.archives import archive, sandbox
from core.archives.child import Source, Tell
from core.archives.limits import LIMITS, Limits
from core.archives.members import Packed
from core.archives.sandbox import Content
from core.data.checks import overlap
from core.data.dataset import Dataset, Split
from core.data.split import carve_validation
from core.data.uploads.array_files import COURSE, from_npz, from_pickles
from core.data.uploads.arrays import Raw, normalise_images, samples_first
from core.data.uploads.class_folders import reader as folders
from core.data.uploads.class_folders.pictures import is_picture, kind_of_other
from core.data.uploads.contents import are_clients
from core.data.uploads.labels import normalise_labels
from core.errors import UploadError
from core.names import plain_name, unmarked

ORDER = ("train", "validation", "test")
ARCHIVES = (".tar", ".gz", ".tgz", ".zip", ".npz", ".7z", ".rar", ".bz2", ".xz")

# Contents that are recognised only to say what to do instead.
REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file. Weights go to the Train or Grade page, not here"),
    (b"BZh", "compressed with bzip2. Pack it as .tar.gz or .zip"),
    (b"\xfd7zXZ\x00", "compressed with xz. Pack it as .tar.gz or .zip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive. Pack it as .zip"),
    (b"Rar!", "a rar archive. Pack it as .zip"),
    (b"\x93NUMPY", "a single array. Save images and labels together with numpy.savez"),
    (b"\x80", "a single pickle. Pack the four pickles " + ", ".join(COURSE) + " as .tar.gz"),
    (b"{", "JSON. Client data in LEAF's format goes to the Federated page"),
    (b"[", "JSON. Client data in LEAF's format goes to the Federated page"),
    (b"\xff\xd8\xff", "a single image. Pack folders of images, one a class, as .zip"),
    (b"\x89PNG", "a single image. Pack folders of images, one a class, as .zip"),
)


def read(
    name: str,
    content: Content,
    limits: Limits = LIMITS,
    *,
    scratch: Path | None = None,
    tell: Tell | None = None,
    merge_case: bool = False,
) -> Dataset:
    """Return the data set in a stranger's file, whatever accepted format it has.

    content: bytes, a path or an open binary file. tell: called with (share, what) while reading.
    merge_case: treat class folders that differ only in case as one. Parsed in a limited child.
    Raises UploadError with the reason and the remedy; nothing is written either way.
    """
    answer = sandbox.run(
        "core.data.uploads.dataset_reader:parse",
        content,
        {"merge_case": merge_case},
        limits=limits,
        scratch=scratch,
        tell=tell,
    )
    splits = {
        split: Split(answer.arrays[f"{split}_images"], answer.arrays[f"{split}_labels"])
        for split in ORDER
        if f"{split}_images" in answer.arrays
    }
    return Dataset(
        name=plain_name(name, "uploaded data"),
        # Cleaned in the child already, whose word is a stranger's as well.
        class_names=tuple(map(unmarked, answer.fields["class_names"])),
        train=splits["train"],
        validation=splits["validation"],
        test=splits.get("test"),
        notes=tuple(answer.fields["notes"]),
    )


def parse(source: Source, merge_case: bool) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Entry in the child: return ({class_names, notes}, arrays by split)."""
    notes: list[str] = []
    packed = _unpack(source)
    source.say(0.6, "Checking")
    found, names = _splits(packed, source, notes, merge_case)
    splits = samples_first(found, notes)
    images = normalise_images(splits, notes)
    labels, class_names = normalise_labels(splits, notes, names)
    images, labels = _divided(images, labels, notes)
    _check_can_report(labels)
    _note_overlap(images, notes)
    arrays = {}
    for split in (name for name in ORDER if name in images):
        arrays[f"{split}_images"], arrays[f"{split}_labels"] = images[split], labels[split]
    source.say(0.9, "Handing over")
    return {"class_names": list(class_names), "notes": notes}, arrays


def _unpack(source: Source) -> Packed:
    packed = archive.unpack(source)
    if packed is not None:
        return packed
    start = source.read(512).lstrip()
    for magic, what in REFUSED:
        if start.startswith(magic):
            raise UploadError(f"The file is {what}.")
    raise UploadError(
        "The file is neither a .tar.gz, .zip nor .npz, whatever its name says. "
        "Upload the course's dataset.tar.gz, an .npz, or a zip of class folders."
    )


def _splits(
    packed: Packed, source: Source, notes: list[str], merge_case: bool
) -> tuple[dict[str, Raw], list[str] | None]:
    """Return the splits as found and the class names, if the file gives any."""
    members, limits = packed.members, source.limits
    endings = {Path(member.name).suffix.lower() for member in members}
    if endings & {".pkl", ".pickle"}:
        return from_pickles(members, limits, notes), None
    if endings & {".npy"}:
        return from_npz(members, limits, notes)
    if packed.folders or any(is_picture(m) or kind_of_other(m) for m in members):
        return folders.read(packed, limits, notes, merge_case, source.say)
    if endings & set(ARCHIVES):
        raise UploadError(
            "The archive holds only another archive. Upload that one, or pack its files themselves."
        )
    if are_clients([member.name for member in members]):
        raise UploadError(
            "The archive holds JSON. Client data in LEAF's format goes to the Federated page."
        )
    listed = ", ".join(member.shown for member in members[:12]) or "nothing"
    raise UploadError(
        f"The archive holds no data that is understood. Found: {listed}. Wanted: "
        f"{', '.join(COURSE)}; or arrays; or folders of images, one a class."
    )


def _divided(
    images: dict[str, np.ndarray], labels: dict[str, np.ndarray], notes: list[str]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the splits with a validation set, taken from the training set if none was given."""
    if "validation" in images:
        return images, labels
    kept, held = carve_validation(labels["train"])
    notes.append(
        f"There is no validation set, so {len(held):,} of {len(labels['train']):,} training images "
        "(the same share of each class) became one."
    )
    divided = [
        parts | {"train": parts["train"][kept], "validation": parts["train"][held]}
        for parts in (images, labels)
    ]
    return divided[0], divided[1]


def _check_can_report(labels: dict[str, np.ndarray]) -> None:
    """Raise UploadError if half of the validation set could not be held out for reporting."""
    if "test" not in labels and len(labels["validation"]) < 2:
        raise UploadError(
            "There is only one validation image, so none is left to report on. "
            "Add validation images, or a test set."
        )


def _note_overlap(images: dict[str, np.ndarray], notes: list[str]) -> None:
    for split in ("validation", "test"):
        shared = overlap(images["train"], images[split]) if split in images else 0
        if shared:
            notes.append(
                f"Warning: {shared:,} of {len(images[split]):,} {split} images are also training "
                f"images, so the {split} accuracy is too good to be true."
            )
