"""Compressed and packed files, unpacked into one bounded scratch file and an index of it."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from core.archives.child import Source
from core.archives.limits import MIB, Limits
from core.errors import UploadError
from core.names import plain_name
from core.text import binary_size

CHUNK = 256 * 1024
# Real images never shrink this far; what does is a bomb, and need not be unpacked to the limit.
MOST_EXPANSION = 300
EXPANSION_MATTERS_FROM = 64 * MIB


@dataclass(frozen=True)
class Member:
    """One unpacked file: its name as stored (checked, never used as a path) and its bytes."""

    name: str
    content: memoryview

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders and the file name."""
        return tuple(part for part in self.name.split("/") if part not in ("", "."))

    @property
    def shown(self) -> str:
        """The name as messages show it."""
        return plain_name(self.name)


@dataclass(frozen=True)
class Packed:
    """Everything an archive holds: its files, and its folders where the archive lists them."""

    members: list[Member]
    folders: frozenset[str]


class Stream:
    """Bytes in order from a plain or gzipped file, never more than the limits allow."""

    def __init__(self, source: Source, limits: Limits, compressed: bool) -> None:
        self._chunks = _gunzipped(source, limits) if compressed else _plain(source, limits)
        self._rest = memoryview(b"")

    def peek(self, count: int) -> bytes:
        """Return the next `count` bytes without consuming them."""
        start = self.read(count)
        self._rest = memoryview(start + bytes(self._rest))
        return start

    def read(self, count: int) -> bytes:
        """Return exactly `count` bytes, or fewer at the end."""
        pieces: list[memoryview] = []
        missing = count
        while missing > 0:
            if not self._rest:
                self._rest = memoryview(next(self._chunks, b""))
                if not self._rest:
                    break
            pieces.append(self._rest[:missing])
            self._rest = self._rest[missing:]
            missing -= len(pieces[-1])
        return b"".join(pieces)


def _plain(source: Source, limits: Limits) -> Iterator[bytes]:
    total = 0
    while chunk := source.read(CHUNK):
        total += len(chunk)
        if total > limits.unpacked_bytes:
            raise too_large(limits)
        yield chunk


def _gunzipped(source: Source, limits: Limits) -> Iterator[bytes]:
    """Yield the content of all gzip members; the total is what counts."""
    taken = total = 0
    inflater, waiting, fresh = zlib.decompressobj(wbits=31), b"", True
    while True:
        if not waiting:
            waiting = source.read(CHUNK)
            taken += len(waiting)
            if not waiting:
                break
        if fresh:  # tapes and disks pad the last member with zeros, and gzip(1) ignores them
            waiting = waiting.lstrip(b"\0")
            if not waiting:
                continue
        piece, waiting, fresh = _inflate(inflater, waiting), inflater.unconsumed_tail, False
        total += len(piece)
        if total > limits.unpacked_bytes:
            raise too_large(limits)
        if total > EXPANSION_MATTERS_FROM and total > MOST_EXPANSION * taken:
            raise UploadError(
                f"The file grows more than {MOST_EXPANSION} times when unpacked, which image data "
                "never does. Upload the data as exported."
            )
        if piece:
            yield piece
        if inflater.eof:
            waiting = inflater.unused_data
            inflater, fresh = zlib.decompressobj(wbits=31), True
    if not fresh:
        raise UploadError("The gzip file is cut short. Export or upload it again.")


def _inflate(inflater: "zlib._Decompress", waiting: bytes) -> bytes:
    try:
        return inflater.decompress(waiting, CHUNK)
    except zlib.error as error:
        reason = (
            "its checksum is wrong"
            if " check" in str(error).replace("header check", "")
            else "or junk follows it"
        )
        raise UploadError(
            f"The gzip file is damaged ({reason}). Export or upload it again."
        ) from error


def too_large(limits: Limits) -> UploadError:
    """Return the refusal of what unpacks to more than is allowed."""
    return UploadError(
        f"Unpacked, the file is larger than the {binary_size(limits.unpacked_bytes)} that are "
        f"accepted. {limits.remedy}"
    )


class Spool:
    """Where unpacked members lie one after another until all are known."""

    def __init__(self, source: Source) -> None:
        self._source, self._limits = source, source.limits
        self._index: dict[str, tuple[int, int]] = {}
        self.folders: set[str] = set()
        self._end = self._seen = 0

    def count(self) -> None:
        """Count a member, kept or not; raise UploadError if there are too many."""
        self._seen += 1
        if self._seen > self._limits.members:
            raise UploadError(
                f"The archive has more than {self._limits.members:,} members. "
                "Upload the images as arrays (.npz), or fewer of them."
            )

    def add_folder(self, name: str) -> None:
        """Remember a folder, so that an empty one can be noticed."""
        self.folders.add(name.strip("/"))

    def add(self, name: str, chunks: Iterator[bytes]) -> None:
        """Keep a member under its name; a second one with the same name is refused."""
        if name in self._index:
            raise UploadError(
                f"The archive holds {plain_name(name)} twice, so it is unclear which one counts. "
                "Pack it again."
            )
        start = self._end
        for number, chunk in enumerate(chunks):
            if number % 16 == 0:  # a chunk is a quarter of a megabyte
                self._tell(name)
            self._end += len(chunk)
            if self._end > self._limits.unpacked_bytes:
                raise too_large(self._limits)
            self._source.spool.write(chunk)
        self._index[name] = (start, self._end - start)

    def _tell(self, name: str) -> None:
        share = self._source.tell() / self._source.size
        self._source.say(min(0.6, 0.6 * share), plain_name(name))

    def packed(self) -> "Packed":
        """Return everything kept, mapped from the scratch file."""
        content = self._source.spooled()
        members = [
            Member(name, content[start : start + size])
            for name, (start, size) in self._index.items()
        ]
        return Packed(members, frozenset(self.folders))


def is_ignored(name: str) -> bool:
    """Tell whether a member is what operating systems add without being asked."""
    parts = [part for part in name.split("/") if part]
    return not parts or any(
        part.startswith((".", "__MACOSX")) or part.lower() in ("thumbs.db", "desktop.ini")
        for part in parts
        if part != "."
    )


def checked_name(name: str) -> str:
    """Return the member's name if it stays inside the archive; raise UploadError otherwise."""
    is_outside = (
        name.startswith("/")
        or "\\" in name
        or "\0" in name
        or ".." in name.split("/")
        or name[1:2] == ":"
    )
    if is_outside:
        raise UploadError(
            f"The archive's member {plain_name(name)} points outside the archive. "
            "Pack it again with plain relative names."
        )
    if len(name) > 1024:
        raise UploadError("A member's name is longer than 1,024 characters. Pack it again.")
    return name
