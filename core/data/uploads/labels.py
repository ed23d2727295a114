"""From the labels people export to whole numbers from 0, with names."""

import numpy as np

from core.data.uploads.arrays import MOST_CLASSES, Raw
from core.errors import UploadError
from core.names import plain_name
from core.text import unlike


def normalise_labels(
    splits: dict[str, Raw], notes: list[str], class_names: list[str] | None = None
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Return (split name -> (n,) int64 labels, class names); conversions are added to `notes`.

    class_names: names of labels 0, 1, … when the file gives them. Raises UploadError.
    """
    remarks = notes if class_names is None else []  # names of folders go without saying
    flat = {name: _flat(raw, notes, remarks) for name, raw in splits.items()}
    for name, labels in flat.items():
        _check_length(splits[name], labels)
    if len({labels.dtype.kind == "U" for labels in flat.values()}) > 1:
        raise UploadError(
            "Some splits have texts as labels and others numbers. Use one kind and upload again."
        )
    known = np.unique(np.concatenate([np.unique(labels) for labels in flat.values()]))
    _check_class_count(known)
    if class_names and known.dtype.kind == "i" and known[0] >= 0 and known[-1] < len(class_names):
        if len(known) == len(class_names):
            known = np.arange(len(class_names))
            names = class_names
        else:
            names = [class_names[label] for label in known]
        _note_numbering(known, "their names", notes)
    else:
        names = [str(label) for label in known]
        _note_numbering(known, "their numbers as class names", notes)
    numbered = {name: np.searchsorted(known, labels) for name, labels in flat.items()}
    _note_absent(numbered, names, notes)
    as_numbers = {name: labels.astype(np.int64) for name, labels in numbered.items()}
    shown = unlike(plain_name(name, f"class {i}") for i, name in enumerate(names))
    return as_numbers, tuple(shown)  # cleaning may have made two of them equal


def _flat(raw: Raw, notes: list[str], remarks: list[str]) -> np.ndarray:
    """Return (n,) int64 or text labels."""
    labels, label = raw.labels, raw.labels_label
    if labels.ndim == 2 and (labels.shape[1] == 1 or _is_row(raw)):  # MATLAB knows no lists
        labels = labels.reshape(-1)
    if labels.ndim == 2 and labels.shape[1] > 1 and labels.dtype.kind in "uifb":
        notes.append(f"{label}: one-hot labels were converted to class numbers.")
        return _from_one_hot(labels, label)
    if labels.ndim != 1:
        raise UploadError(
            f"{label} has the shape {labels.shape}; there must be one label an image. "
            "Export class numbers and upload again."
        )
    if labels.dtype.kind == "S":
        labels = np.array([text.decode("utf-8", "replace") for text in labels.tolist()])
    if labels.dtype.kind == "U":
        remarks.append(f"{label}: text labels were numbered in alphabetical order.")
        return np.asarray(labels)
    if labels.dtype.kind not in "uifb":
        raise UploadError(f"{label} holds {labels.dtype} instead of class numbers or names.")
    return _whole(labels, label, notes)


def _is_row(raw: Raw) -> bool:
    return bool(raw.labels.shape[0] == 1 and raw.labels.shape[1] == len(raw.images) > 1)


def _from_one_hot(labels: np.ndarray, label: str) -> np.ndarray:
    if not (np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()):
        raise UploadError(
            f"{label} has {labels.shape[1]} columns that are not one-hot (one 1 a row, else 0). "
            "Export class numbers and upload again."
        )
    return np.asarray(np.argmax(labels, axis=1))


def _whole(labels: np.ndarray, label: str, notes: list[str]) -> np.ndarray:
    if labels.dtype.kind == "f":
        if not (np.isfinite(labels).all() and (labels == np.floor(labels)).all()):
            raise UploadError(
                f"{label} holds fractions, NaN or infinite values. Export class numbers and "
                "upload again."
            )
        notes.append(f"{label}: labels stored as {labels.dtype} were converted to whole numbers.")
    if labels.size and (labels.max() > 2**53 or labels.min() < -(2**53)):
        raise UploadError(f"{label} holds huge numbers. Export class numbers and upload again.")
    return labels.astype(np.int64)


def _check_length(raw: Raw, labels: np.ndarray) -> None:
    if len(labels) != len(raw.images):
        raise UploadError(
            f"{raw.labels_label} has {len(labels):,} entries, {raw.label} "
            f"{len(raw.images):,}. Upload the pair from one export."
        )


def _check_class_count(known: np.ndarray) -> None:
    if len(known) < 2:
        raise UploadError(
            "All images belong to one class, so there is nothing to tell apart. "
            "Upload images of at least two classes."
        )
    if len(known) > MOST_CLASSES:
        raise UploadError(
            f"The labels name {len(known):,} classes, more than the {MOST_CLASSES:,} accepted. "
            "Upload class numbers, not measurements."
        )


def _note_numbering(known: np.ndarray, kept: str, notes: list[str]) -> None:
    if known.dtype.kind != "i" or (known == np.arange(len(known))).all():
        return
    why = "are negative" if known[0] < 0 else "have gaps" if known[0] == 0 else "start above 0"
    found = ", ".join(map(str, known[:10])) + (", …" if len(known) > 10 else "")
    notes.append(
        f"Warning: the labels {why} ({found}); they were renumbered from 0 and keep {kept}."
    )


def _note_absent(numbered: dict[str, np.ndarray], names: list[str], notes: list[str]) -> None:
    trained = np.unique(numbered["train"])
    for split, labels in numbered.items():
        if split == "train":
            continue
        unseen = np.setdiff1d(labels, trained)
        if len(unseen):
            shown = ", ".join(plain_name(str(names[i])) for i in unseen[:10])
            notes.append(
                f"Warning: the {split} images include classes that training never shows ({shown}); "
                "the network cannot learn them."
            )
        missing = np.setdiff1d(trained, labels)
        if len(missing):
            shown = ", ".join(plain_name(str(names[i])) for i in missing[:10])
            notes.append(f"Warning: the {split} images lack the classes {shown}.")
