"""One bounded scratch file in which the unpacked members of an archive lie one after another."""

import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import BinaryIO

from core.archives.child import Source
from core.archives.limits import Limits, too_large
from core.archives.members import Member, Packed, is_ignored
from core.errors import UploadError
from core.names import plain_name
from core.text import binary_size

TEXT_ENDINGS = (".json", ".csv", ".txt", ".md", ".log", ".yml", ".yaml", ".xml", ".html")


@dataclass(frozen=True)
class Rules:
    """Which members are kept, and what one that cannot be read means for the others.

    keep: patterns of names in lower case ("*.h5", "runs/*/run.json"; * also stands for "/").
    strict: one bad member refuses the archive; otherwise its reason is noted and reading goes on.
    """

    keep: tuple[str, ...] = ("*",)
    strict: bool = True

    def wants(self, name: str) -> bool:
        """Tell whether the member's bytes are kept."""
        return any(fnmatchcase(name.lower(), pattern) for pattern in self.keep)


EVERYTHING = Rules()


class Spool:
    """Where unpacked members lie one after another until all are known.

    places: name -> (start, size) of what was kept. unkept: other files' names. faults: name ->
    why a member could not be read, when the rules are not strict. folders: folders as listed.
    passed: folders of files that operating systems add, which may be all that these hold.
    """

    def __init__(
        self,
        source: Source,
        rules: Rules = EVERYTHING,
        limits: Limits | None = None,
        start: int = 0,
    ) -> None:
        """limits: the source's unless given. start: where in the scratch file to begin."""
        self._source, self.rules = source, rules
        self.limits = limits or source.limits
        self.places: dict[str, tuple[int, int]] = {}
        self.unkept: dict[str, int] = {}
        self.faults: dict[str, str] = {}
        self.folders: set[str] = set()
        self.passed: set[str] = set()
        self.start = self.end = start
        self._seen = 0

    def count(self) -> None:
        """Count a member, kept or not.

        Raises UploadError if there are too many.
        """
        self._seen += 1
        if self._seen > self.limits.members:
            raise UploadError(
                f"The archive has more than {self.limits.members:,} members. {self.limits.remedy}"
            )

    @contextlib.contextmanager
    def judged(self, name: str) -> Iterator[None]:
        """Note an UploadError under the member's name; raise it where the rules are strict."""
        try:
            yield
        except UploadError as error:
            if self.rules.strict:
                raise
            self.faults.setdefault(name, str(error))

    def add_folder(self, name: str) -> None:
        """Remember a folder, so that an empty one can be noticed."""
        self.folders.add(name.strip("/"))

    def pass_over(self, name: str) -> None:
        """Remember the folder in which a file lies that operating systems add."""
        parts = name.split("/")[:-1]
        own = list(takewhile(lambda part: not is_ignored(part), parts))
        if own:
            self.passed.add("/".join(own))

    def leave_out(self, name: str, size: int) -> None:
        """Remember a member whose bytes nobody wants."""
        self.unkept[name] = size

    def add(self, name: str, chunks: Iterator[bytes]) -> None:
        """Keep a member under its name.

        Raises UploadError if the name is there already or the member is too large.
        """
        if name in self.places:
            raise UploadError(
                f"The archive holds {plain_name(name)} twice, so it is unclear which one counts. "
                "Pack it again."
            )
        start = end = self.end
        self._source.spool.seek(start)
        for number, chunk in enumerate(chunks):
            if number % 16 == 0:  # a chunk is a quarter of a megabyte
                self._tell(name)
            end += len(chunk)
            self.check_size(name, end - start)
            if end - self.start > self.limits.unpacked_bytes:
                raise too_large(self.limits)
            self._source.spool.write(chunk)
        self.end = end
        self.places[name] = (start, end - start)

    def check_size(self, name: str, size: int) -> None:
        """Raise UploadError if a member of this size is more than one file may have."""
        is_text = name.lower().endswith(TEXT_ENDINGS)
        most = self.limits.text_bytes if is_text else self.limits.file_bytes
        if size > min(most, self.limits.unpacked_bytes):
            if most >= self.limits.unpacked_bytes:
                raise too_large(self.limits)
            kind = "a text file" if is_text else "one file"
            raise UploadError(
                f"{plain_name(name)} unpacks to more than the {binary_size(most)} that are "
                f"accepted for {kind}. {self.limits.remedy}"
            )

    def _tell(self, name: str) -> None:
        share = self._source.tell() / self._source.size
        self._source.say(min(0.6, 0.6 * share), plain_name(name))

    def packed(self) -> Packed:
        """Return everything kept, mapped from the scratch file."""
        content = self._source.spooled()
        members = [
            Member(name, content[start : start + size])
            for name, (start, size) in self.places.items()
        ]
        return Packed(members, frozenset(self.folders))

    def opened(self, name: str) -> BinaryIO:
        """Return a kept member as a file of its own, read from the scratch file."""
        self._source.spool.flush()
        return io.BufferedReader(_Region(self._source.spool.fileno(), *self.places[name]))


class _Region(io.RawIOBase):
    """A part of an open file, read by position: the file's own position stays."""

    def __init__(self, descriptor: int, start: int, size: int) -> None:
        super().__init__()
        self._descriptor, self._start, self._size = descriptor, start, size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]  # any writable buffer
        count = max(0, min(len(buffer), self._size - self._at))
        content = os.pread(self._descriptor, count, self._start + self._at)
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)
