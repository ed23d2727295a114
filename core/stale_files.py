"""Folders for short-lived files; what killed processes left of them goes once nobody uses it."""

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

STALE_SECONDS = 24 * 3600  # every upload, download and import ends long before
HELD = ".held"  # locked by the process that uses the folder, for as long as it lives
BEGIN_SECONDS = 10.0  # between making the file and locking it

if sys.platform == "win32":

    def _lock(file: BinaryIO) -> bool:
        return False  # then age alone decides
else:
    import fcntl

    def _lock(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


@contextlib.contextmanager
def scratch_folder(scratch: Path, prefix: str) -> Iterator[Path]:
    """Make a folder for the length of the block.

    Should this process be killed meanwhile, `remove_stale` removes the folder.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=scratch))
    try:
        with (folder / HELD).open("wb") as held:
            _lock(held)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_stale(scratch: Path, names: str = "*") -> None:
    """Remove the entries that a killed process left, or in which nothing has changed for a day.

    names: a pattern of file names. "*" is for a folder that holds nothing but short-lived files.
    """
    for entry in scratch.glob(names):
        with contextlib.suppress(OSError):  # somebody else may be removing it just now
            if _is_abandoned(entry) or time.time() - _last_change(entry) > STALE_SECONDS:
                _remove(entry)


def _is_abandoned(entry: Path) -> bool:
    held = entry / HELD
    if not _is_folder(entry) or not held.is_file():
        return False
    with held.open("rb") as file:
        return time.time() - held.stat().st_mtime > BEGIN_SECONDS and _lock(file)


def _last_change(entry: Path) -> float:
    """Return when the entry or anything in it changed: writing in it does not age its folder."""
    latest = entry.lstat().st_mtime
    for folder, _, files in os.walk(entry) if _is_folder(entry) else ():
        parts = [Path(folder), *(Path(folder, file) for file in files)]
        latest = max(latest, *(part.lstat().st_mtime for part in parts))
    return latest


def _remove(entry: Path) -> None:
    if _is_folder(entry):
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)


def _is_folder(entry: Path) -> bool:
    return entry.is_dir() and not entry.is_symlink()  # a link's target is not ours to remove
