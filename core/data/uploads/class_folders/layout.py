"""Which folders of images are classes and which are splits: understood, or asked about.

No level of folders is dropped in silence: it is a class, a split, a level without meaning that is
named in the notes, or the reason for a refusal with the layout that is wanted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.archives.members import Member
from core.data.uploads.class_folders.layout_checks import (
    SHOWN,
    WANTED,
    Folders,
    are_alike,
    check_no_masks,
    check_no_split_in_class_names,
    check_one_meaning,
    no_class,
    phrase,
    unclear,
)
from core.data.uploads.class_folders.tree import Folder, collapsed, remove_copies, tree, unwrapped
from core.data.uploads.split_names import TRAIN, is_unlabelled, split_in, split_of
from core.errors import UploadError
from core.names import plain_name
from core.text import plural

Path = tuple[str, ...]


@dataclass
class Layout:
    """Where every image belongs.

    places: (image, split, class) of each. class_parents: the folders whose folders are the
    classes -> their split. flat: (split, folder) of images that lie in no class folders.
    """

    places: list[tuple[Member, str, str]] = field(default_factory=list)
    class_parents: dict[Path, str] = field(default_factory=dict)
    flat: list[tuple[str, Folder]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def understand(images: list[Member]) -> Layout:
    """Return what the folders of the images mean.

    Raises UploadError with the layout that is wanted where that cannot be told.
    """
    layout = Layout()
    whole = tree(images)
    remove_copies(whole, layout.notes)
    root = unwrapped(whole)
    if root.files:
        raise no_class(root.files[0])
    tops = {name: collapsed(folder) for name, folder in root.folders.items()}
    deep = {name: folder for name, folder in tops.items() if folder.folders}
    roles = {name: split for name in tops if (split := split_of(name))}
    if not deep:
        _classes(layout, root, tops, roles)
    elif set(deep) <= set(roles):
        _splits(layout, tops, roles)
    elif any(split_of(name) for folder in deep.values() for name in folder.folders):
        _splits_below(layout, root, tops)
    elif are_alike(deep):
        _splits(layout, tops, _mentioned(tops, deep))
    else:
        check_one_meaning(tops, deep, roles)
        _classes(layout, root, tops, {})
    return layout


def _classes(layout: Layout, root: Folder, tops: Folders, roles: Mapping[str, str]) -> None:
    """Take the folders as classes of one set; one of them may be called like a split."""
    ordinary = sorted(set(tops) - set(roles))
    if roles and not ordinary:
        raise no_class(next(iter(tops.values())).files[0])
    if len(roles) > 1:
        raise UploadError(
            f"The folders {phrase(roles)} are named like splits but hold images directly, beside "
            f"the classes {phrase(ordinary)}. {WANTED}"
        )
    if roles:
        name = plain_name(next(iter(roles)))
        layout.notes.append(
            f"Warning: the folder {name} was taken as a class called {name}, because it holds "
            f"images directly, as {phrase(ordinary)} does. If it is a split, pack "
            f"{name}/<class>/<image>."
        )
    check_no_split_in_class_names(tops)
    layout.class_parents[root.path] = TRAIN
    _add_classes(layout, TRAIN, tops)


def _splits(layout: Layout, tops: Folders, roles: Mapping[str, str]) -> None:
    """Take the folders as splits and those in them as classes."""
    taken: dict[str, str] = {}
    for name, folder in tops.items():
        split = roles.get(name)
        if split is None:
            _leave_out_unlabelled(layout, name, folder, roles)
        elif not folder.folders:
            layout.flat.append((split, folder))
        else:
            _check_split(name, folder, split, taken)
            layout.class_parents[folder.path] = split
            _add_classes(layout, split, folder.folders)
    if TRAIN not in taken.values():
        for split, folder in layout.flat:
            if split == TRAIN:
                raise no_class(folder.files[0])
        raise UploadError(
            f"There is no train folder beside {phrase(tops)}. "
            "Use train/<class>/<image> and val/<class>/<image>."
        )


def _leave_out_unlabelled(
    layout: Layout, name: str, folder: Folder, roles: Mapping[str, str]
) -> None:
    if not is_unlabelled(name):
        raise UploadError(
            f"It is unclear what the folder {plain_name(name)} is beside {phrase(roles)}: neither "
            f"train, val nor test. Leave it out or rename it. {WANTED}"
        )
    count = plural(sum(1 for _ in folder.everything()), "image")
    layout.notes.append(
        f"Warning: the folder {plain_name(name)} ({count} without classes) was left out."
    )


def _check_split(name: str, folder: Folder, split: str, taken: dict[str, str]) -> None:
    if folder.files:
        raise no_class(folder.files[0])
    for other, others in taken.items():
        if others == split:
            raise UploadError(
                f"The folders {phrase((name, other))} would both be the {split} images. "
                "Put them together, or leave one of them out."
            )
    taken[name] = split
    inner = {n: f for n, f in folder.folders.items() if collapsed(f).folders}
    if any(split_of(n) for f in inner.values() for n in f.folders) or are_alike(inner):
        raise unclear(inner, f" in {plain_name(name)}")


def _splits_below(layout: Layout, root: Folder, tops: Folders) -> None:
    """Take the folders as classes and those in them as splits: cat/train, cat/val."""
    for name, folder in tops.items():
        odd = [plain_name(inner) for inner in folder.folders if not split_of(inner)]
        if folder.files or odd:
            beside = f"{phrase(odd)} too" if odd else "images directly"
            raise UploadError(
                f"Some folders hold folders that are named like splits, but {plain_name(name)} "
                f"holds {beside}, so it is unclear what is a class. {WANTED}"
            )
        _add_divided_class(layout, name, folder)
    layout.class_parents[root.path] = ""


def _add_divided_class(layout: Layout, name: str, folder: Folder) -> None:
    taken: dict[str, str] = {}
    for inner, part in folder.folders.items():
        split = split_of(inner) or TRAIN
        if split in taken:
            raise UploadError(
                f"In {plain_name(name)}, the folders {phrase((taken[split], inner))} would both be "
                f"the {split} images. Put them together, or leave one of them out."
            )
        taken[split] = inner
        if collapsed(part).folders:
            raise unclear({part.shown: part}, "")
        layout.places += [(member, split, name) for member in part.everything()]


def _mentioned(tops: Folders, deep: Folders) -> dict[str, str]:
    """Return the splits that the folders' names mention, when each of `deep` mentions one."""
    roles = {name: split for name in tops if (split := split_in(name))}
    if not set(deep) <= set(roles):
        raise unclear(deep, "")
    return roles


def _add_classes(layout: Layout, split: str, folders: Folders) -> None:
    check_no_masks(folders)
    merged = []
    for name, folder in folders.items():
        merged += [inner.shown for inner in collapsed(folder).folders.values()]
        layout.places += [(member, split, name) for member in folder.everything()]
    if merged:
        more = f" and {len(merged) - SHOWN:,} more" if len(merged) > SHOWN else ""
        layout.notes.append(
            f"Warning: the folders {', '.join(merged[:SHOWN])}{more} lie inside classes and were "
            "taken as part of them. If they are the classes, move them one level up."
        )
