"""Logs of the engine and of jobs: written whatever happens to the disk, read from the end."""

import io
import os
import sys
from pathlib import Path

TAIL_BYTES = 64 * 1024


class TolerantStream(io.TextIOBase):
    """A text stream that drops what cannot be written: a full disk must not end a job."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Return the descriptor below, for child processes."""
        return self._descriptor

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Write as much as there is room for, and claim to have written all."""
        try:
            os.write(self._descriptor, text.encode("utf-8", "replace"))
        except OSError:
            return len(text)
        return len(text)


def redirect(path: Path) -> None:
    """Send standard output and error of this process, native code included, to the end of a log."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError:  # full disk
        descriptor = os.open(os.devnull, os.O_WRONLY)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)
    sys.stdout, sys.stderr = TolerantStream(1), TolerantStream(2)


def tail(path: Path, lines: int = 200) -> str:
    """Return the last lines of a log, an empty text when there is none."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
