"""Bytes in order from a plain or gzipped file, never more than the limits allow."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from core.archives.limits import MIB, Limits, too_large
from core.errors import UploadError

CHUNK = 256 * 1024
# Real images never shrink this far; what does is a bomb, and need not be unpacked to the limit.
MOST_EXPANSION = 300
EXPANSION_MATTERS_FROM = 64 * MIB


class Stream:
    """Bytes in order from a plain or gzipped file, never more than the limits allow."""

    def __init__(self, source: BinaryIO, limits: Limits, compressed: bool) -> None:
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


def _plain(source: BinaryIO, limits: Limits) -> Iterator[bytes]:
    total = 0
    while chunk := source.read(CHUNK):
        total += len(chunk)
        if total > limits.unpacked_bytes:
            raise too_large(limits)
        yield chunk


def _gunzipped(source: BinaryIO, limits: Limits) -> Iterator[bytes]:
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
