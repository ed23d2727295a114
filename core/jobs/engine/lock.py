"""A lock on a file that ends with its process, however that ends."""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from core.errors import StoreError

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int, shared: bool) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int, shared: bool) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class FileLock:
    """Held from a successful `acquire` until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def acquire(self, shared: bool = False) -> bool:
        """Take the lock without waiting; return whether it is ours now.

        shared: several may hold it so at once (where the system can do that).
        Raises StoreError when the file can be neither made nor opened.
        """
        file = self._opened()
        file.seek(0)
        if not _try_lock(file.fileno(), shared):
            file.close()
            return False
        self._file = file
        return True

    def _opened(self) -> BinaryIO:
        try:
            return open(self._path, "a+b")
        except OSError as error:
            raise StoreError(
                f"The lock file {self._path.name} in {self._path.parent} cannot be opened "
                f"({error.strerror}). Check that you may write there, or set PARETO_LAB_HOME to a "
                "folder you may write to."
            ) from error

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def still_there(self) -> bool:
        """Return whether the locked file is still the one at its path."""
        if self._file is None or not self._path.exists():
            return False
        return os.path.samestat(os.fstat(self._file.fileno()), os.stat(self._path))

    def __enter__(self) -> "FileLock":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.release()


def is_held(path: Path) -> bool:
    """Return whether some living process holds the lock; asking does not take it from anyone."""
    if not path.exists():
        return False
    with FileLock(path) as probe:
        return not probe.acquire(shared=True)
