"""Files that are there as a whole or not at all, and what to say when they cannot be written."""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from core.errors import StoreError

# Files and folders made under it are of their owner alone: loopback and /tmp have many users.
PRIVATE_UMASK = 0o077

NOT_ABOUT_SPACE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS),
    *(errno.EEXIST, errno.EISDIR, errno.ENOENT, errno.ENOTDIR),
)


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a hidden path beside `path` to write to; it takes the place of `path` at the end.

    When writing fails, nothing is left behind and what was at `path` is still there.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def sync_files(folder: Path) -> None:
    """Have a folder's files on the disk, as a power cut may come after it is renamed."""
    for path in folder.iterdir():
        with open(path, "r+b") as file:
            os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system can do that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def output(path: Path, umask: int) -> Iterator[Path]:
    """Give a path to write a person's file to; whole, it takes the place of `path`.

    Folders on the way are made. The file behind a link is replaced, and an old file's permissions
    stay; a device such as /dev/stdout is written to itself. umask: the person's, for a new file.
    Raises StoreError with the path and the remedy; then what was at `path` is still there.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            yield path
            return
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(target) as part:
            yield part
            part.chmod(mode)  # as said, whatever the umask of this process
    except OSError as error:
        raise _not_written(path, error) from error


@contextlib.contextmanager
def whole_folder(path: Path, umask: int) -> Iterator[Path]:
    """Give a new folder to fill; whole, it takes the place of the folder `path`.

    umask: the person's. Raises StoreError with the path and the remedy; then nothing has changed.
    """
    part, old = (
        path.with_name(f".{path.name}.{secrets.token_hex(4)}.{n}") for n in ("part", "old")
    )
    try:
        part.mkdir(parents=True)
        yield part
        for each in (part, *part.rglob("*")):
            each.chmod((0o777 if each.is_dir() else 0o666) & ~umask)
        if path.exists():
            path.rename(old)
        part.rename(path)
    except OSError as error:
        raise _not_written(path, error) from error
    finally:
        for gone in (part, old):
            shutil.rmtree(gone, ignore_errors=True)


def _not_written(path: Path, error: OSError) -> StoreError:
    remedy = remedy_for(error, path.absolute().parent, "Free some disk space.")
    return StoreError(f"{path} could not be written ({error.strerror or error}). {remedy}")


@contextlib.contextmanager
def storage_errors(what: str, folder: Path) -> Iterator[None]:
    """Raise StoreError with cause and remedy when `what` cannot be written into `folder`."""
    try:
        yield
    except OSError as error:
        room = "Free some disk space or delete stored data sets, then upload it again."
        remedy = remedy_for(error, folder, room)
        raise StoreError(
            f"{what} could not be stored ({error.strerror or error}). {remedy}"
        ) from error


def remedy_for(error: OSError, folder: Path, room: str) -> str:
    """Return what helps when `folder` could not be written to; room: said when it may be full."""
    return f"Check that you may write to {folder}." if is_not_about_space(error) else room


def is_not_about_space(error: OSError) -> bool:
    """Return whether freeing disk space cannot cure this: no permission, or something in the way.

    Unknown errors of a disk, a quota or a limit are taken as a lack of room.
    """
    return error.errno in NOT_ABOUT_SPACE
