"""Which folders of images are classes and which are splits: understood, or asked about.

No level of folders is dropped in silence: it is a class, a split, a level without meaning that is
named in the notes, or the reason for a refusal with the layout that is wanted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.archives.members import Member
from core.data.uploads.folder_tree import Folder, collapsed, remove_copies, tree, unwrapped
from core.data.uploads.split_names import TRAIN, is_unlabelled, rest_of, split_in, split_of
from core.errors import UploadError
from core.names import plain_name
from core.text import listed, plural

WANTED = "Use <class>/<image>, or train/<class>/<image> and val/<class>/<image>."
SHOWN = 4
Path = tuple[str, ...]
Folders = Mapping[str, Folder]  # by name


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
        raise _no_class(root.files[0])
    tops = {name: collapsed(folder) for name, folder in root.folders.items()}
    deep = {name: folder for name, folder in tops.items() if folder.folders}
    roles = {name: split for name in tops if (split := split_of(name))}
    if not deep:
        _classes(layout, root, tops, roles)
    elif set(deep) <= set(roles):
        _splits(layout, tops, roles)
    elif any(split_of(name) for folder in deep.values() for name in folder.folders):
        _splits_below(layout, root, tops)
    elif _are_alike(deep):
        _splits(layout, tops, _mentioned(tops, deep))
    else:
        _check_one_meaning(tops, deep, roles)
        _classes(layout, root, tops, {})
    return layout


def _no_class(member: Member) -> UploadError:
    return UploadError(f"The image {member.shown} lies in no class folder. {WANTED}")


def _shown(names: Iterable[str]) -> str:
    names = sorted(plain_name(name) for name in names)
    return listed(names[:SHOWN] if len(names) <= SHOWN else [*names[:SHOWN], "others"])


def _classes(layout: Layout, root: Folder, tops: Folders, roles: Mapping[str, str]) -> None:
    """Take the folders as classes of one set; one of them may be called like a split."""
    ordinary = sorted(set(tops) - set(roles))
    if roles and not ordinary:
        raise _no_class(next(iter(tops.values())).files[0])
    if len(roles) > 1:
        raise UploadError(
            f"The folders {_shown(roles)} are named like splits but hold images directly, beside "
            f"the classes {_shown(ordinary)}. {WANTED}"
        )
    if roles:
        name = plain_name(next(iter(roles)))
        layout.notes.append(
            f"Warning: the folder {name} was taken as a class called {name}, because it holds "
            f"images directly, as {_shown(ordinary)} does. If it is a split, pack "
            f"{name}/<class>/<image>."
        )
    _check_no_split_in_class_names(tops)
    layout.class_parents[root.path] = TRAIN
    _add_classes(layout, TRAIN, tops)


def _check_no_split_in_class_names(tops: Folders) -> None:
    """Raise UploadError for cat_train beside cat_test: two splits of one class."""
    splits: dict[str, dict[str, str]] = {}
    for name in tops:
        if (split := split_in(name)) and rest_of(name):
            splits.setdefault(rest_of(name), {})[split] = name
    for rest, found in splits.items():
        if len(found) > 1:
            raise UploadError(
                f"The folders {_shown(found.values())} seem to be one class, {plain_name(rest)}, "
                f"in {len(found)} splits. {WANTED}"
            )


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
                raise _no_class(folder.files[0])
        raise UploadError(
            f"There is no train folder beside {_shown(tops)}. "
            "Use train/<class>/<image> and val/<class>/<image>."
        )


def _leave_out_unlabelled(
    layout: Layout, name: str, folder: Folder, roles: Mapping[str, str]
) -> None:
    if not is_unlabelled(name):
        raise UploadError(
            f"It is unclear what the folder {plain_name(name)} is beside {_shown(roles)}: neither "
            f"train, val nor test. Leave it out or rename it. {WANTED}"
        )
    count = plural(sum(1 for _ in folder.everything()), "image")
    layout.notes.append(
        f"Warning: the folder {plain_name(name)} ({count} without classes) was left out."
    )


def _check_split(name: str, folder: Folder, split: str, taken: dict[str, str]) -> None:
    if folder.files:
        raise _no_class(folder.files[0])
    for other, others in taken.items():
        if others == split:
            raise UploadError(
                f"The folders {_shown((name, other))} would both be the {split} images. "
                "Put them together, or leave one of them out."
            )
    taken[name] = split
    inner = {n: f for n, f in folder.folders.items() if collapsed(f).folders}
    if any(split_of(n) for f in inner.values() for n in f.folders) or _are_alike(inner):
        raise _unclear(inner, f" in {plain_name(name)}")


def _splits_below(layout: Layout, root: Folder, tops: Folders) -> None:
    """Take the folders as classes and those in them as splits: cat/train, cat/val."""
    for name, folder in tops.items():
        odd = [plain_name(inner) for inner in folder.folders if not split_of(inner)]
        if folder.files or odd:
            beside = f"{_shown(odd)} too" if odd else "images directly"
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
                f"In {plain_name(name)}, the folders {_shown((taken[split], inner))} would both be "
                f"the {split} images. Put them together, or leave one of them out."
            )
        taken[split] = inner
        if collapsed(part).folders:
            raise _unclear({part.shown: part}, "")
        layout.places += [(member, split, name) for member in part.everything()]


def _mentioned(tops: Folders, deep: Folders) -> dict[str, str]:
    """Return the splits that the folders' names mention, when each of `deep` mentions one."""
    roles = {name: split for name in tops if (split := split_in(name))}
    if not set(deep) <= set(roles):
        raise _unclear(deep, "")
    return roles


def _are_alike(folders: Folders) -> bool:
    """Tell whether folders hold folders of (nearly) the same names, as splits hold classes.

    Each shares at least half of its names with another one, or half of the other's; one and the
    same single name in each is a level without meaning.
    """
    names = [set(collapsed(folder).folders) for folder in folders.values()]
    if len(names) < 2 or all(len(each) == 1 for each in names):
        return False
    return all(
        any(2 * len(own & other) >= min(len(own), len(other)) for j, other in enumerate(names)
            if i != j)
        for i, own in enumerate(names)
    )  # fmt: skip


def _unclear(folders: Folders, where: str) -> UploadError:
    inner = {name for folder in folders.values() for name in collapsed(folder).folders}
    return UploadError(
        f"The folders {_shown(folders)}{where} hold folders of the same names ({_shown(inner)}), "
        f"so it is unclear which are classes and which are splits. {WANTED}"
        if len(folders) > 1
        else f"In {_shown(folders)} there are folders again ({_shown(inner)}), so it is unclear "
        f"which are classes. {WANTED}"
    )


def _check_one_meaning(tops: Folders, deep: Folders, roles: Mapping[str, str]) -> None:
    """Raise UploadError when some folders would be splits and others classes."""
    inner = {name for folder in deep.values() for name in folder.folders}
    if roles and set(roles) != set(tops):
        others = set(tops) - set(roles)
        raise UploadError(
            f"{_shown(roles)} is named like a split, {_shown(others)} beside it is not, so it is "
            f"unclear which folders are classes. {WANTED}"
        )
    if inner & (set(tops) - set(deep)):
        raise UploadError(
            f"The folders {_shown(inner & set(tops))} are there twice: on their own and inside "
            f"{_shown(deep)}, with other images. Put them together, or leave one out. {WANTED}"
        )


def _add_classes(layout: Layout, split: str, folders: Folders) -> None:
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
