"""Uploaded files on the disk instead of in the server's memory, within limits."""

import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from core.archives.limits import MIB
from core.errors import UploadError
from core.text import binary_size
from core.workspace import open_workspace

SESSION_BYTES = 2048 * MIB
SERVER_BYTES = 8192 * MIB


@dataclass(frozen=True)
class Kept:
    """One uploaded file. file: without a name on the disk, so that it goes with the process."""

    name: str
    type: str
    size: int
    file: BinaryIO


class UploadStore(MemoryUploadedFileManager):
    """What Streamlit asks for uploaded files; a file's bytes are read when a page wants them."""

    def __init__(
        self, endpoint: str, session_bytes: int = SESSION_BYTES, server_bytes: int = SERVER_BYTES
    ) -> None:
        super().__init__(endpoint)
        self._limits = (session_bytes, server_bytes)
        self._kept: dict[str, dict[str, Kept]] = {}
        self._coming: dict[str, int] = {}
        self._guard = threading.Lock()

    @contextmanager
    def coming(self, session: str) -> Iterator["Coming"]:
        """Count the bytes of one upload while they arrive, beside what is kept already."""
        upload = Coming(self, session)
        try:
            yield upload
        finally:
            self.reserve(session, -upload.size)

    def reserve(self, session: str, size: int) -> None:
        """Count `size` more bytes of uploads on their way. Raises UploadError when too many are."""
        with self._guard:
            own, everybodys = self._used(session), sum(map(self._used, self._sessions()))
            most_own, most = self._limits
            if size > 0 and own + size > most_own:
                raise UploadError(
                    f"One browser window may keep {binary_size(most_own)} of uploads. Remove files "
                    "from the page, or close it, before you upload more."
                )
            if size > 0 and everybodys + size > most:
                raise UploadError(
                    f"All windows together may keep {binary_size(most)} of uploads, and that is "
                    "used up. Close windows that are done with theirs, or try again later."
                )
            self._coming[session] = self._coming.get(session, 0) + size
            if not self._coming[session]:
                del self._coming[session]

    def _sessions(self) -> set[str]:
        return {*self._kept, *self._coming}

    def _used(self, session: str) -> int:
        kept = sum(each.size for each in self._kept.get(session, {}).values())
        return kept + self._coming.get(session, 0)

    def keep(self, session: str, id: str, name: str, type: str, content: BinaryIO) -> None:
        """Copy an uploaded file to the workspace's disk. Raises OSError when it is full."""
        file = tempfile.TemporaryFile(dir=_scratch())  # noqa: SIM115  (closed when it is forgotten)
        try:
            content.seek(0)
            shutil.copyfileobj(content, file, MIB)
        except BaseException:
            file.close()
            raise
        with self._guard:
            files = self._kept.setdefault(session, {})
            old = files.get(id)
            files[id] = Kept(name, type, file.tell(), file)  # type: ignore[arg-type]
        if old is not None:
            old.file.close()

    def add_file(self, session_id: str, file: UploadedFileRec) -> None:
        """Keep a file whose bytes are in memory: what other ways of uploading have."""
        with tempfile.SpooledTemporaryFile() as content:
            content.write(file.data)
            self.keep(session_id, file.file_id, file.name, file.type, content)  # type: ignore[arg-type]

    def get_files(self, session_id: str, file_ids: Sequence[str]) -> list[UploadedFileRec]:
        """Return the files with these ids that are here, read from the disk."""
        with self._guard:
            files = self._kept.get(session_id, {})
            return [_record(id, files[id]) for id in file_ids if id in files]

    def remove_file(self, session_id: str, file_id: str) -> None:
        """Forget one file."""
        with self._guard:
            gone = self._kept.get(session_id, {}).pop(file_id, None)
        if gone is not None:
            gone.file.close()

    def remove_session_files(self, session_id: str) -> None:
        """Forget the files of a session that has ended."""
        with self._guard:
            gone = self._kept.pop(session_id, {})
        for each in gone.values():
            each.file.close()


class Coming:
    """An upload on its way. size: bytes that have arrived."""

    def __init__(self, store: UploadStore, session: str) -> None:
        self._store, self._session = store, session
        self.size = 0

    def add(self, size: int) -> None:
        """Count bytes that arrived. Raises UploadError when they are too many."""
        self._store.reserve(self._session, size)
        self.size += size


def _record(id: str, kept: Kept) -> UploadedFileRec:
    kept.file.seek(0)
    return UploadedFileRec(id, kept.name, kept.type, kept.file.read())


def _scratch() -> Path:
    return open_workspace().scratch
