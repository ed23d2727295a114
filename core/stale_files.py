"""What killed processes left in a scratch folder, removed once nobody can be using it."""

import contextlib
import os
import shutil
import time
from pathlib import Path

STALE_SECONDS = 24 * 3600  # every upload, download and import ends long before


def remove_stale(scratch: Path, names: str = "*") -> None:
    """Remove the entries in which nothing has changed for a day.

    names: a pattern of file names. "*" is for a folder that holds nothing but short-lived files.
    """
    for entry in scratch.glob(names):
        with contextlib.suppress(OSError):  # somebody else may be removing it just now
            if time.time() - _last_change(entry) > STALE_SECONDS:
                _remove(entry)


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
