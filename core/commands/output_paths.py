"""Where a command writes to: tried before the work, not after hours of it."""

import tempfile
from argparse import Namespace
from pathlib import Path

from core.errors import NotFoundError, StoreError


def check_destinations(options: Namespace) -> None:
    """Try where --out and --gradescope will write; the folder of the latter must be there.

    Raises NotFoundError or StoreError with the path and the remedy. Nothing is made or changed.
    """
    out, results = getattr(options, "out", None), getattr(options, "gradescope", None)
    if out is not None and not getattr(options, "background", False):  # else nothing is written
        _check(out)
    if results is not None:
        if not results.parent.is_dir():
            raise NotFoundError(f"There is no folder {results.parent} for {results.name}. Make it.")
        _check(results)


def _check(path: Path) -> None:
    if path.is_dir():
        raise StoreError(f"{path} is a folder. Give the name of a file to write.")
    try:
        _try(path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written ({error.strerror}). Choose a place you may write to."
        ) from error


def _try(path: Path) -> None:
    """Raise OSError when the file, or a new one in its folder (to be), cannot be written."""
    if path.exists() and not path.is_file():  # a device, such as /dev/stdout
        return
    if path.is_file():
        open(path, "ab").close()
    # Beside it: the new file takes the place of the old one when it is whole.
    folder = next(folder for folder in path.resolve().parents if folder.exists())
    with tempfile.TemporaryFile(dir=folder):
        pass
