"""The files in an archive or a folder that was handed in, and in the archives in it.

Archives are read in the confined child only (`core.archives.extract`): what comes back are names
and bounded copies of the files that may be weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.archives import extract
from core.archives.limits import HAND_IN_LIMITS, MIB
from core.archives.members import is_ignored
from core.archives.zip_limits import check_count
from core.errors import LabError, UploadError
from core.grading import rosters
from core.grading.people import (
    WEIGHTS_ENDINGS,
    ZIP_ENDINGS,
    Found,
    empty_folders,
)
from core.text import binary_size

PACKED = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b")
KEPT = (*(f"*{ending}" for ending in WEIGHTS_ENDINGS), *rosters.TEXTS)


@dataclass(frozen=True)
class Limits:
    """How much may be handed in; a file of the reference network has 2.4 MB.

    total_bytes: unpacked, of all archives together. archive_bytes: of one among others.
    person_files, person_bytes: of one person; what they do not reach is that person's error.
    """

    files: int = 1000
    file_bytes: int = 64 * MIB
    total_bytes: int = 4096 * MIB
    archive_bytes: int = 1024 * MIB
    person_files: int = 20
    person_bytes: int = 128 * MIB

    def within(self, left: int) -> "Limits":
        """Return the limits of what comes next. left: of the bytes of all archives together."""
        return replace(self, total_bytes=max(0, left))


LIMITS = Limits()
NO_ROOM_LEFT = (
    f"The archives before this one unpack to {binary_size(LIMITS.total_bytes)}, as much as is read "
    "at once. Grade the class in parts."
)


def bytes_below(folder: Path) -> int:
    """Return how much lies in a folder and in those in it."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def check_there(file: str, path: Path) -> None:
    """Raise UploadError with the remedy if there is neither a file nor a folder at a path."""
    if not file:  # the folder that the program runs in, to Path
        raise UploadError("An empty path was given. Give the path of a weights file.")
    if not path.exists():
        raise UploadError(f"There is no file {file}. Check the spelling.")
    if not (path.is_file() or path.is_dir()):
        raise UploadError(f"{file} is neither a file nor a folder. Check the path.")


def is_archive(file: str, path: Path) -> bool:
    """Tell whether a file holds the files of others; weights files may be zips as well."""
    if file.lower().endswith(WEIGHTS_ENDINGS):
        return False
    with open(path, "rb") as opened:
        return opened.read(4).startswith(PACKED) or file.lower().endswith(ZIP_ENDINGS)


def is_weights_itself(members: Sequence[Found]) -> bool:
    """Tell whether a zip is a .keras, .pt or .npz file that has lost its ending."""
    paths = [each.parts for each in members if not each.is_nothing]
    is_keras = ("model.weights.h5",) in paths
    is_torch = any(path[1:] == ("data.pkl",) for path in paths)
    is_npz = bool(paths) and all(path[-1].endswith(".npy") for path in paths)
    return is_keras or is_torch or is_npz


def extracted(path: Path, place: Path, limits: Limits) -> list[Found]:
    """Return the files in an archive and in the archives in it, read in the confined child.

    Raises UploadError for too many, and what reading raises.
    """
    if not limits.total_bytes:
        raise UploadError(NO_ROOM_LEFT)
    bounds = replace(
        HAND_IN_LIMITS, file_bytes=limits.file_bytes, unpacked_bytes=limits.total_bytes
    )
    with open(path, "rb") as file:
        check_count(file, bounds.members)
    nested = tuple(f"*{ending}" for ending in ZIP_ENDINGS)
    return _as_found(extract.extract(path, place, bounds, keep=KEPT, nested=nested, strict=False))


def walked(folder: Path, place: Path, limits: Limits) -> list[Found]:
    """Return the files below a folder, and in the archives there; links are not followed.

    Raises UploadError for too many.
    """
    found: list[Found] = []
    folders: list[tuple[str, ...]] = []
    left = limits.total_bytes
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if is_ignored(name) or path.is_symlink():
            continue
        if path.is_dir():
            folders.append(_parts(name))
        if not path.is_file():
            continue
        each = Found(_parts(name), path.stat().st_size, path)
        if not each.is_zip:
            found.append(each)
            continue
        inside = place / f"{len(found):05d}"
        inside.mkdir()
        found += _zip_in_folder(each, inside, limits.within(min(left, limits.archive_bytes)))
        left -= bytes_below(inside)
        if len(found) > HAND_IN_LIMITS.members:
            raise UploadError(
                f"{folder.name} holds more than {HAND_IN_LIMITS.members:,} files. "
                "Name the folder that holds the hand-ins only."
            )
    return [*found, *empty_folders(folders, found)]


def _as_found(members: Sequence[extract.Extracted]) -> list[Found]:
    named = [
        (_parts(f"{member.inside}/{member.name}"), member)
        for member in members
        if not is_ignored(member.name)
    ]
    files = [
        Found(parts, member.size_bytes, member.path, member.error)
        for parts, member in named
        if not member.name.endswith("/")
    ]
    folders = [parts for parts, member in named if member.name.endswith("/")]
    return [*files, *empty_folders(folders, files)]


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", ".", ".."))


def _zip_in_folder(zip_file: Found, inside: Path, limits: Limits) -> list[Found]:
    assert zip_file.path is not None
    try:
        members = extracted(zip_file.path, inside, limits)
    except LabError as error:
        return [replace(zip_file, error=str(error))]
    return [zip_file, *(replace(each, parts=(*zip_file.parts, *each.parts)) for each in members)]
