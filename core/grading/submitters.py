"""Whose a handed-in file is, told by its path alone."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from core.names import plain_name

GENERIC = "my_model_weights"  # what everybody's file is called: it names nobody


def owner(file: str) -> str:
    """Return whose file this is: its folder, or its own name when that says more."""
    path = PurePosixPath(file.replace("\\", "/"))
    generic = path.stem.startswith(GENERIC)
    return path.parent.name if generic and path.parent.name else path.stem


def with_zip(file: str, name: str) -> str:
    """Return `submission` in anna.zip as anna/submission, in ben/submission.zip as ben/submission.

    Students' zips may all be called the same: then only their folders differ.
    """
    zip_name = owner(file)
    folder = PurePosixPath(file.replace("\\", "/")).parent.name
    return "/".join(part for part in (folder if zip_name == name else zip_name, name) if part)


def owners(bundle: str, paths: Sequence[tuple[str, ...]]) -> list[str]:
    """Return whose each member is: its folder's below those that all share, else its own name's.

    A loose file with the name everybody uses belongs to the folder around it, or to the zip.
    """
    shared = _shared_folders(paths)
    home = paths[0][shared - 1] if shared else owner(bundle)
    rest = [path[shared:] for path in paths]
    unnamed = [parts for parts in rest if len(parts) == 1 and parts[0].startswith(GENERIC)]
    return [home if [parts] == unnamed else _member_owner(parts, home) for parts in rest]


def _member_owner(parts: tuple[str, ...], home: str) -> str:
    if len(parts) > 1:
        return parts[0]
    stem = PurePosixPath(parts[0]).stem
    # Several such files may be one person's or many people's: kept apart, copies are noticed.
    return f"{home}/{stem}" if stem.startswith(GENERIC) else stem


def _shared_folders(paths: Sequence[tuple[str, ...]]) -> int:
    """Return how many leading folders all members share: they name the class, not a person.

    The last of them is a person's when only one folder and loose files are below it.
    """
    if len(paths) < 2:
        return max(len(paths[0]) - 2, 0)
    shared = 0
    while all(len(p) > shared + 1 for p in paths) and len({p[shared] for p in paths}) == 1:
        shared += 1
    below = {p[shared] for p in paths if len(p) > shared + 1}
    some_loose = any(len(p) == shared + 1 for p in paths)
    return shared - 1 if shared and some_loose and len(below) == 1 else shared


def without_weights(
    paths: Sequence[tuple[str, ...]], others: Sequence[tuple[str, ...]]
) -> dict[str, list[str]]:
    """Return the files of each folder that stands beside people's folders but holds no weights.

    paths: those of weights files. A zip whose weights lie in no folders is no class of folders.
    """
    shared = _shared_folders(paths) if paths else 0
    people = {path[shared] for path in paths if len(path) > shared + 1}
    found: dict[str, list[str]] = {}
    for path in others:
        beside = paths and path[:shared] == paths[0][:shared] and len(path) > shared + 1
        if people and beside and path[shared] not in people and not _is_readme(path[-1]):
            found.setdefault(path[shared], []).append(plain_name(path[-1]))
    return found


def _is_readme(file: str) -> bool:
    return file.lower().startswith("readme")
