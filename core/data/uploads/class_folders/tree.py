"""The folders of an archive as a tree, without what packing added: copies and outer folders."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from core.archives.members import Member
from core.data.uploads.split_names import split_of
from core.names import plain_name
from core.text import plural

# Folders between a class (or a split) and its images that mean nothing of their own.
PASSAGES = frozenset({"images", "image", "imgs", "img", "jpegimages", "pictures", "photos", "data"})


@dataclass
class Folder:
    """One folder: its path, the images directly in it, and the folders in it that hold any."""

    path: tuple[str, ...]
    files: list[Member] = field(default_factory=list)
    folders: dict[str, "Folder"] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The folder's own name, "" for the archive itself."""
        return self.path[-1] if self.path else ""

    @property
    def shown(self) -> str:
        """The path as messages show it."""
        return "/".join(plain_name(part) for part in self.path) or "the archive"

    @property
    def only(self) -> "Folder | None":
        """The one folder in it, if it holds nothing else."""
        return next(iter(self.folders.values())) if self._is_passed_through else None

    @property
    def _is_passed_through(self) -> bool:
        return not self.files and len(self.folders) == 1

    def everything(self) -> Iterator[Member]:
        """Yield the images in it and below it."""
        yield from self.files
        for folder in self.folders.values():
            yield from folder.everything()

    def below(self) -> Iterator["Folder"]:
        """Yield all folders below it, outer ones first."""
        for folder in list(self.folders.values()):
            yield folder
            yield from folder.below()


def tree(members: list[Member]) -> Folder:
    """Return the archive as a tree of the folders that hold `members`."""
    root = Folder(())
    for member in members:
        folder = root
        for depth, name in enumerate(member.parts[:-1], 1):
            path = member.parts[:depth]
            folder = folder.folders.setdefault(name, Folder(path))
        folder.files.append(member)
    return root


def remove_copies(root: Folder, notes: list[str]) -> None:
    """Take out folders whose every image also lies, the same, in a folder around them.

    Such a copy arises when a folder is moved or unpacked into itself; it is named in `notes`.
    """
    by_path = {member.parts: member for member in root.everything()}
    for folder in root.below():
        around = _copied(folder, by_path)
        if around is not None:
            holder = _found(root, folder.path[:-1])
            if holder is not None and holder.folders.pop(folder.name, None) is not None:
                count = plural(sum(1 for _ in folder.everything()), "image")
                outer = "/".join(map(plain_name, around)) or "the archive"
                notes.append(
                    f"Warning: the folder {folder.shown} repeats {outer}, in which it lies "
                    f"({count}); it was left out."
                )


def _copied(folder: Folder, by_path: dict[tuple[str, ...], Member]) -> tuple[str, ...] | None:
    """Return the path of the folder around it that holds the same images, None if none does."""
    for depth in range(len(folder.path)):
        pairs = (
            (member, by_path.get(folder.path[:depth] + member.parts[len(folder.path) :]))
            for member in folder.everything()
        )
        if all(other is not None and other.content == member.content for member, other in pairs):
            return folder.path[:depth]
    return None


def _found(root: Folder, path: tuple[str, ...]) -> Folder | None:
    folder: Folder | None = root
    for name in path:
        folder = folder.folders.get(name) if folder else None
    return folder


def unwrapped(folder: Folder) -> Folder:
    """Return the folder below all outer ones, which everything shares and which mean nothing."""
    while (inner := folder.only) is not None:
        if inner.files or not inner.folders:
            break  # a class on its own, or images without one
        if split_of(inner.name) and not all(split_of(name) for name in inner.folders):
            break  # only the training images, say
        folder = inner
    return folder


def collapsed(folder: Folder) -> Folder:
    """Return the folder below levels that repeat its name or only say "images"."""
    while (inner := folder.only) is not None:
        own, name = folder.name.casefold(), inner.name.casefold()
        is_same_split = split_of(name) is not None and split_of(name) == split_of(own)
        if name != own and name not in PASSAGES and not is_same_split:
            break
        folder = inner
    return folder
