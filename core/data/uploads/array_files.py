"""Arrays saved as files, found by their names: the course's pickles, or NumPy's .npz."""

from pathlib import Path

import numpy as np

from core.archives.limits import Limits
from core.archives.members import Member
from core.data.uploads import npy, split_names
from core.data.uploads.arrays import Raw
from core.data.uploads.split_names import WHOLE
from core.data.uploads.unpickle import reader
from core.errors import UploadError
from core.names import plain_name
from core.text import plural

COURSE = ("train_images.pkl", "train_labels.pkl", "val_images.pkl", "val_labels.pkl")


def from_pickles(members: list[Member], limits: Limits, notes: list[str]) -> dict[str, Raw]:
    """Return the splits in the course's pickles; what is not used is added to `notes`.

    Raises UploadError if one is missing or holds anything but an array.
    """
    wanted = [m for m in members if Path(m.name).suffix.lower() in (".pkl", ".pickle")]
    found = _roles(wanted)
    names = {role: member.name for role, member in found.items()}
    given = [split for split, _ in names if split in ("train", "validation")]
    missing = [
        f"{'val' if s == 'validation' else s}_{p}.pkl"
        for s in ("train", "validation")
        for p in ("images", "labels")
        if (s, p) not in names
    ]
    if missing:
        listed = ", ".join(member.shown for member in members[:12])
        raise UploadError(
            f"The archive lacks {', '.join(missing)}. Found: {listed}. "
            f"Pack all of {', '.join(COURSE)}."
            if given
            else f"No pickle is called as expected. Found: {listed}. Pack {', '.join(COURSE)}."
        )
    splits = split_names.check_pairs(names, [m.name for m in members], ", ".join(COURSE))
    _note_unused(members, set(names.values()), notes, set(splits))
    arrays = {
        role: reader.read(member.content, member.shown, limits.unpacked_bytes)
        for role, member in found.items()
    }
    return {split: _raw(split, found, arrays) for split in splits}


def from_npz(
    members: list[Member], limits: Limits, notes: list[str]
) -> tuple[dict[str, Raw], list[str] | None]:
    """Return the splits in .npy files and the names of the classes, if the file gives any.

    Raises UploadError if a pair is not whole or a file is no plain array.
    """
    by_key = {member.parts[-1].removesuffix(".npy"): member for member in members}
    _check_not_one_an_image(members)
    found = _roles([m for m in members if m.name.endswith(".npy")])
    names = {role: member.name for role, member in found.items()}
    wanted = "train_images, train_labels, val_images, val_labels (test_images, test_labels)"
    splits = split_names.check_pairs(names, list(by_key), wanted)
    _note_unused(members, {*names.values(), "class_names.npy"}, notes, set(splits))
    arrays = {role: npy.read(member, limits.unpacked_bytes) for role, member in found.items()}
    class_names = None
    if "class_names" in by_key:
        listed = npy.read(by_key["class_names"], 1 << 20)
        class_names = [str(name) for name in listed.ravel()] if listed.dtype.kind == "U" else None
    raws = {split: _raw(split, found, arrays) for split in splits}
    if WHOLE in raws and "train" in raws:
        raise UploadError("It is unclear which arrays are for training. Name them train_images …")
    return {("train" if s == WHOLE else s): raw for s, raw in raws.items()}, class_names


def _check_not_one_an_image(members: list[Member]) -> None:
    """Raise UploadError for folders of arrays, one an image, as others have of PNGs."""
    arrays = [m for m in members if m.name.lower().endswith(".npy")]
    folders = {m.parts[:-1] for m in arrays}
    unknown = not any(split_names.array_role(Path(m.parts[-1]).stem) for m in arrays)
    if unknown and () not in folders:
        shown = "/".join(plain_name(part) for part in arrays[0].parts)
        raise UploadError(
            f"The folders hold arrays such as {shown}, none called images or labels. If each is "
            "one image, save it as PNG, or stack them all with numpy.savez(path, images=…, "
            "labels=…)."
        )


def _raw(
    split: str, found: dict[tuple[str, str], Member], arrays: dict[tuple[str, str], np.ndarray]
) -> Raw:
    images, labels = (Path(found[split, part].parts[-1]).stem for part in ("images", "labels"))
    return Raw(images, arrays[split, "images"], arrays[split, "labels"], labels_label=labels)


def _note_unused(members: list[Member], used: set[str], notes: list[str], splits: set[str]) -> None:
    """Note what was not read, as a warning if it may be the validation set that is missing."""
    unused = [m for m in members if m.name not in used and m.shown != "README.txt"]
    if not unused:
        return
    shown = ", ".join(member.shown for member in unused[:10])
    arrays = [m for m in unused if Path(m.name).suffix.lower() in (".npy", ".pkl", ".pickle")]
    if arrays and "validation" not in splits:
        notes.append(
            f"Warning: {shown} {'was' if len(unused) == 1 else 'were'} not used. If these are "
            "validation images and labels, call them val_images and val_labels."
        )
    else:
        notes.append(f"Skipped {plural(len(unused), 'other member')}: {shown}.")


def _roles(members: list[Member]) -> dict[tuple[str, str], Member]:
    """Return (split, part) -> member; two members for one role are refused."""
    found: dict[tuple[str, str], Member] = {}
    for member in members:
        role = split_names.array_role(Path(member.parts[-1]).stem)
        if role is None:
            continue
        if role in found:
            raise UploadError(
                f"Both {found[role].shown} and {member.shown} could be the {' '.join(role)}. "
                "Leave one of them out."
            )
        found[role] = member
    return found
