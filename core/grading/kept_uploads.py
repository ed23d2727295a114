"""Uploaded files, kept until a job has graded them."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from core.digests import digest_of
from core.errors import NotFoundError
from core.files import atomic_write, storage_errors

LISTING = "names.json"


def keep(files: Sequence[tuple[str, bytes]], uploads: Path) -> str:
    """Store uploaded files under `uploads` for a job to grade; return their digest.

    The same files in the same order have the same digest. Raises StoreError, and leaves nothing
    behind, when there is no room for them.
    """
    parts = ((json.dumps([name, len(data)]), data) for name, data in files)
    digest = digest_of(*(part for pair in parts for part in pair))
    with storage_errors("The files", uploads):
        _write_all(files, uploads / digest)
    return digest


def _write_all(files: Sequence[tuple[str, bytes]], folder: Path) -> None:
    known = (folder / LISTING).is_file()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, (_, data) in enumerate(files):
            _write(folder / str(number), data)
        # Last: with it the files count as kept.
        _write(folder / LISTING, json.dumps([name for name, _ in files]).encode())
    except OSError:
        if not known:  # else somebody may be grading these very files
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as part:
        part.write_bytes(content)


def kept(digest: str, uploads: Path) -> list[tuple[str, Path]]:
    """Return the names and paths of the files that `keep` stored.

    Raises NotFoundError if they are gone.
    """
    folder = uploads / digest
    listing = folder / LISTING
    if not digest.isalnum() or not listing.is_file():
        raise NotFoundError("The uploaded files are gone. Upload them again.")
    return [(name, folder / str(n)) for n, name in enumerate(json.loads(listing.read_text()))]
