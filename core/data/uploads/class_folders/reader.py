"""Folders of images, one a class, with or without folders for the splits."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from core.archives.child import Tell
from core.archives.limits import Limits
from core.archives.members import Member, Packed
from core.data.uploads.arrays import Raw
from core.data.uploads.class_folders.annotations import classes_by_list
from core.data.uploads.class_folders.decoding import decoded
from core.data.uploads.class_folders.layout import Layout, understand
from core.data.uploads.class_folders.pictures import (
    ACCEPTED,
    Picture,
    header,
    is_picture,
    kind_of_other,
)
from core.errors import UploadError
from core.names import plain_name
from core.text import listed, plural

LISTED = 10


def read(
    packed: Packed, limits: Limits, notes: list[str], merge_case: bool, tell: Tell
) -> tuple[dict[str, Raw], list[str]]:
    """Return the splits and the class names in alphabetical order; conversions go to `notes`.

    merge_case: take class folders that differ only in case as one; else they are refused.
    Raises UploadError with cause and remedy for folders or images that are not understood.
    """
    images = [member for member in packed.members if is_picture(member)]
    others = [member for member in packed.members if not is_picture(member)]
    if not images:
        raise _no_images(others)
    layout = understand(images)
    used = _label_flat(layout, others)
    order = {member.name: number for number, member in enumerate(images)}
    layout.places.sort(key=lambda place: order[place[0].name])  # as packed, whatever the folders
    others = [member for member in others if member not in used]
    _check_folders(layout, packed.folders, others, notes)
    spelling = _spelling({name for _, _, name in layout.places}, merge_case)
    pictures, broken = [], []
    for member, split, name in layout.places:
        found = header(member, limits)
        if found is None:
            broken.append(member)
        else:
            pictures.append(Picture(member, split, spelling[name], *found))
    wanted = {(split, spelling[name]) for _, split, name in layout.places}
    splits = decoded(pictures, broken, limits, notes, tell)
    note_list(notes, "damaged image", broken)
    _check_left(wanted, splits)
    notes += layout.notes
    return splits, sorted(set(spelling.values()))


def _no_images(others: Sequence[Member]) -> UploadError:
    kinds = sorted({kind for member in others if (kind := kind_of_other(member))})
    if kinds:
        return UploadError(
            f"The folders hold no image that can be read: they are {listed(kinds)}. Convert them "
            "to PNG or JPEG."
        )
    return UploadError(
        f"The folders hold no images ({ACCEPTED}). Put each image in a folder named after its "
        "class."
    )


def _label_flat(layout: Layout, others: Sequence[Member]) -> list[Member]:
    """Add the images of flat splits that a list names; return the lists that were used."""
    classes = {name for _, _, name in layout.places}
    taken = set(layout.class_parents.values())
    used = []
    for split, folder in layout.flat:
        found = None if split in taken else classes_by_list(folder, others, classes)
        count = plural(len(folder.files), "image")
        if found is None:
            layout.notes.append(
                f"Warning: {count} in {folder.shown} lie in no class folders, so they were left "
                f"out. To use them, pack {plain_name(folder.path[0])}/<class>/<image>."
            )
            continue
        member, labels = found
        layout.notes.append(
            f"The classes of the {count} in {folder.shown} are from {member.shown}."
        )
        layout.places += [
            (image, split, labels[PurePosixPath(image.name).name]) for image in folder.files
        ]
        taken.add(split)
        used.append(member)
    return used


def _check_folders(
    layout: Layout, folders: Iterable[str], others: Sequence[Member], notes: list[str]
) -> None:
    """Raise UploadError if a class folder holds no image; name what else was skipped."""
    parents = layout.class_parents
    filled = {
        member.parts[: len(parent) + 1]
        for member, _, _ in layout.places
        for parent in parents
        if member.parts[: len(parent)] == parent
    }
    unread: dict[tuple[str, ...], list[Member]] = {}
    for member in others:
        for parent in parents:
            path = member.parts[: len(parent) + 1]
            if path[:-1] == parent and len(member.parts) > len(path) and path not in filled:
                unread.setdefault(path, []).append(member)
    for path, members in sorted(unread.items()):
        _check_unread(path, members, notes)
    _check_empty(folders, filled | set(unread), parents)
    lost = Counter(kind for member in others if (kind := kind_of_other(member)))
    for kind, count in sorted(lost.items()):
        notes.append(
            f"Warning: {plural(count, f'{kind} image')} cannot be read and "
            f"{'was' if count == 1 else 'were'} skipped. Convert to PNG or JPEG."
        )
    note_list(notes, "other file", [member for member in others if not kind_of_other(member)])


def _check_unread(path: tuple[str, ...], members: Sequence[Member], notes: list[str]) -> None:
    """Raise UploadError if images nobody can read are all that a class has."""
    shown = "/".join(map(plain_name, path))
    kinds = sorted({kind for member in members if (kind := kind_of_other(member))})
    if kinds:
        raise UploadError(
            f"The folder {shown} holds no image that can be read: its images are {listed(kinds)}. "
            "Convert them to PNG or JPEG."
        )
    endings = sorted({PurePosixPath(member.name).suffix.lower() or "no ending"
                      for member in members})[:4]  # fmt: skip
    notes.append(
        f"Warning: the folder {shown} holds no images (only {', '.join(map(plain_name, endings))}) "
        "and is no class."
    )


def _check_empty(
    folders: Iterable[str],
    filled: set[tuple[str, ...]],
    parents: Iterable[tuple[str, ...]],
) -> None:
    for folder in sorted(folders):
        parts = tuple(part for part in folder.split("/") if part not in ("", "."))
        if parts[:-1] in parents and parts and parts not in filled:
            raise UploadError(
                f"The folder {plain_name(folder)} holds no images. Add some or leave it out."
            )


def _check_left(wanted: set[tuple[str, str]], splits: dict[str, Raw]) -> None:
    left = {(split, str(name)) for split, raw in splits.items() for name in set(raw.labels)}
    for split, name in sorted(wanted - left):
        raise UploadError(
            f"No image of {plain_name(name)} ({split}) can be decoded. Export them again."
        )


def _spelling(names: set[str], merge_case: bool) -> dict[str, str]:
    """Return folder name -> class name; names that differ only in case are asked about."""
    by_folded: dict[str, list[str]] = {}
    for name in sorted(names):
        by_folded.setdefault(_one_spaced(name).casefold(), []).append(name)
    for same in by_folded.values():
        if len({_one_spaced(name) for name in same}) > 1 and not merge_case:
            shown = listed(plain_name(name) for name in same[:4])
            raise UploadError(
                f"The folders {shown} differ only in case: are they one class? Choose to merge "
                "them and upload again, or rename one of them."
            )
    return {name: _one_spaced(same[0]) for same in by_folded.values() for name in same}


def _one_spaced(name: str) -> str:
    """Return a folder's name without the spaces that nobody sees: "cat " is "cat"."""
    return " ".join(name.split())


def note_list(notes: list[str], what: str, members: Sequence[Member]) -> None:
    """Note that members were skipped, by name as far as a sentence allows."""
    if not members:
        return
    shown = ", ".join(member.shown for member in members[:LISTED])
    more = f" and {len(members) - LISTED:,} more" if len(members) > LISTED else ""
    notes.append(f"Skipped {plural(len(members), what)}: {shown}{more}.")
