"""Stored data sets, found by the digest of their content."""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.data.dataset import Dataset, Split
from core.errors import NotFoundError, SettingsError, StoreError
from core.files import atomic_write, storage_errors, sync_files, sync_folder
from core.names import has_invisible, is_markup, unmarked, visible_name
from core.workspace import Workspace

DESCRIPTION = "dataset.json"
SHOWN, LONGEST_NAME = "shown_names", 60
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class StoredDataset:
    """What a list of stored data sets shows; counts are images per split (test may be 0).

    class_names: as people have renamed them; those that the digest is of are `original_names`.
    """

    digest: str
    name: str
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]
    train: int
    validation: int
    test: int
    notes: tuple[str, ...]
    stored: datetime
    size_bytes: int
    original_names: tuple[str, ...] = ()

    @property
    def choice_images(self) -> int:
        """The validation images that choices see, as `core.data.split.three_way` divides them."""
        return self.validation if self.test else self.validation - self.validation // 2


def save(workspace: Workspace, dataset: Dataset) -> str:
    """Keep the data set and return its digest; the same content is stored once.

    Written beside its place and renamed, so that half a data set can never be found. One that is
    stored but damaged is replaced.
    """
    target = workspace.datasets / dataset.digest
    if _is_whole(workspace, dataset.digest):
        return dataset.digest
    with storage_errors("The data set", target.parent):
        _write(workspace, dataset, target)
    return dataset.digest


def _is_whole(workspace: Workspace, digest: str) -> bool:
    """Tell whether a data set is stored, and what is stored is what its digest says."""
    try:
        load(workspace, digest)
    except (NotFoundError, StoreError):
        return False
    return True


def _write(workspace: Workspace, dataset: Dataset, target: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        for name, split in _splits(dataset).items():
            np.save(folder / f"{name}_images.npy", split.images, allow_pickle=False)
            np.save(folder / f"{name}_labels.npy", split.labels, allow_pickle=False)
        (folder / DESCRIPTION).write_text(json.dumps(_description(dataset)), encoding="utf-8")
        sync_files(folder)
        _move_into_place(workspace, folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move_into_place(workspace: Workspace, folder: Path, target: Path) -> None:
    try:
        os.rename(folder, target)
    except OSError:
        if _is_whole(workspace, target.name):  # another session stored the same content
            return
        if not target.is_dir():
            raise
        _replace_damaged(workspace, folder, target)
    sync_folder(target.parent)


def _replace_damaged(workspace: Workspace, folder: Path, target: Path) -> None:
    old = folder.with_name(f"{folder.name}.old")
    try:
        os.rename(target, old)
        os.rename(folder, target)
    except OSError:
        if not _is_whole(workspace, target.name):  # else another session was quicker
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _splits(dataset: Dataset) -> dict[str, Split]:
    pairs = zip(SPLITS, (dataset.train, dataset.validation, dataset.test), strict=True)
    return {name: split for name, split in pairs if split is not None}


def _description(dataset: Dataset) -> dict[str, object]:
    return {
        "name": dataset.name,
        "class_names": list(dataset.class_names),
        "image_shape": list(dataset.image_shape),
        "counts": {name: len(split) for name, split in _splits(dataset).items()},
        "notes": list(dataset.notes),
        "stored": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def load(workspace: Workspace, digest: str, *, verify: bool = True) -> Dataset:
    """Return a stored data set; its arrays are read-only and mapped from disk, not copied.

    verify: read everything once and raise StoreError if the content is no longer the digest's.
    Raises NotFoundError if nothing is stored under that digest.
    """
    folder = _folder(workspace, digest)
    try:
        described = _read_description(folder)
        splits = {name: _load_split(folder, name) for name in described["counts"]}
        dataset = Dataset(
            name=unmarked(described["name"]),
            class_names=tuple(described["class_names"]),
            train=splits["train"],
            validation=splits["validation"],
            test=splits.get("test"),
            notes=tuple(described["notes"]),
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise _changed(digest) from error
    if verify and dataset.digest != digest:
        raise _changed(digest)
    return dataset


def _changed(digest: str) -> StoreError:
    return StoreError(
        f"The stored data set {digest} has changed or is damaged on disk. "
        "Delete it and upload it again."
    )


def _folder(workspace: Workspace, digest: str) -> Path:
    is_digest = len(digest) == 16 and all(c in "0123456789abcdef" for c in digest)
    if not is_digest or not (workspace.datasets / digest / DESCRIPTION).exists():
        raise NotFoundError(
            f"No data set {digest[:40]!r} is stored here. Choose one on the Data page or upload it."
        )
    return workspace.datasets / digest


def _load_split(folder: Path, name: str) -> Split:
    images, labels = (
        np.load(folder / f"{name}_{part}.npy", mmap_mode="r", allow_pickle=False)
        for part in ("images", "labels")
    )
    return Split(images, labels)


def list_stored(workspace: Workspace) -> list[StoredDataset]:
    """Return what is stored, newest first, without reading any image."""
    found = [
        _listed(path.parent)
        for path in workspace.datasets.glob(f"*/{DESCRIPTION}")
        if not path.parent.name.startswith(".")
    ]
    return sorted(
        (entry for entry in found if entry is not None),
        key=lambda entry: (entry.stored, entry.digest),
        reverse=True,
    )


def find_stored(workspace: Workspace, digest: str) -> StoredDataset | None:
    """Return what is said of one stored data set, without reading any image or any other set."""
    try:
        return _listed(_folder(workspace, digest))
    except NotFoundError:
        return None


def _listed(folder: Path) -> StoredDataset | None:
    try:
        described = _read_description(folder)
        counts = described["counts"]
        height, width, channels = described["image_shape"]
        return StoredDataset(
            digest=folder.name,
            name=unmarked(described["name"]),
            class_names=_shown(described.get(SHOWN) or described["class_names"]),
            image_shape=(height, width, channels),
            train=counts["train"],
            validation=counts["validation"],
            test=counts.get("test", 0),
            notes=tuple(described["notes"]),
            stored=datetime.fromisoformat(described["stored"]).astimezone(UTC),
            size_bytes=sum(file.stat().st_size for file in folder.iterdir()),
            original_names=_shown(described["class_names"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # deleted meanwhile, or damaged: `load` says so when somebody asks for it


def _read_description(folder: Path) -> dict[str, Any]:
    """Return what is said of a data set. Raises OSError, or ValueError where it is damaged."""
    try:
        described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("it is endless") from None
    if not isinstance(described, dict) or not isinstance(described.get("counts"), dict):
        raise ValueError("it does not say what there is")
    names = described.get("class_names")
    shown = described.get(SHOWN, names)
    lists = (
        (names, str),
        (shown, str),
        (described.get("notes"), str),
        (described.get("image_shape"), int),
        ([described.get("name")], str),
        (list(described["counts"].values()), int),
    )
    if not all(_is_list_of(kind, values) for values, kind in lists):
        raise ValueError("a part of it is of another kind")
    if len(shown or ()) != len(names or ()):
        raise ValueError("it has other names than classes")
    return described


def _is_list_of(kind: type, values: object) -> bool:
    return isinstance(values, list) and all(type(value) is kind for value in values)


def _shown(names: Sequence[str]) -> tuple[str, ...]:
    """Return class names as pages and charts may show them, whoever wrote them into the file."""
    return tuple(map(unmarked, names))


def rename_classes(workspace: Workspace, digest: str, names: Sequence[str]) -> None:
    """Call the classes of a stored data set otherwise wherever they are shown.

    The data set stays what it is, its digest and the runs on it too; the original names bring
    back what was there. Raises SettingsError for names that are missing, too long or not all
    different, StoreError where the data set is damaged.
    """
    folder = _folder(workspace, digest)
    try:
        described = _read_description(folder)
    except (OSError, ValueError) as error:
        raise _changed(digest) from error
    wanted = [visible_name(" ".join(name.split())) for name in names]
    _check_names(wanted, len(described["class_names"]))
    described.pop(SHOWN, None)
    if wanted != described["class_names"]:
        described[SHOWN] = wanted
    with storage_errors("The names", folder), atomic_write(folder / DESCRIPTION) as path:
        path.write_text(json.dumps(described), encoding="utf-8")


def _check_names(names: Sequence[str], classes: int) -> None:
    if len(names) != classes:
        raise SettingsError(f"There are {len(names)} names for {classes} classes. Give each one.")
    if not all(names):
        raise SettingsError("A class has no name. Give each class one.")
    if strange := [name for name in names if has_invisible(name) or is_markup(name)]:
        raise SettingsError(
            f"The name of class {names.index(strange[0]) + 1} holds an invisible character, or < "
            "or >, which a chart reads as markup. Remove it."
        )
    if longest := [name for name in names if len(name) > LONGEST_NAME]:
        raise SettingsError(
            f"“{longest[0][:LONGEST_NAME]}…” is too long. Use up to {LONGEST_NAME} characters."
        )
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise SettingsError(f"Two classes are called “{twice[0]}”. Give each a name of its own.")


def delete(workspace: Workspace, digest: str) -> None:
    """Remove a stored data set; runs that used it keep their results but cannot be repeated."""
    shutil.rmtree(_folder(workspace, digest))
