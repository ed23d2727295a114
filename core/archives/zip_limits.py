"""How many members a zip has, counted before the standard library builds an object for each."""

import struct
from typing import BinaryIO

from core.errors import UploadError

END, END_64, LOCATOR_64, ENTRY = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02"
END_BYTES, END_64_BYTES, LOCATOR_BYTES, ENTRY_BYTES = 22, 56, 20, 46
LONGEST_COMMENT = (1 << 16) - 1
# A name, an extra field and a comment of 64 KB each are allowed, but no packer writes them: the
# directory is read into memory as a whole.
ENTRY_MAY_HAVE_BYTES = 1024


def check_count(file: BinaryIO, most: int) -> None:
    """Raise UploadError if the zip in `file` lists more than `most` members.

    What the end record claims is refused without a look; a claim that is too small is found by
    walking over the entries, as zipfile believes the directory's size and not the claim. A file
    without an end record is left to zipfile to refuse. The position in the file is kept.
    """
    position = file.tell()
    try:
        found = _directory(file)
        if found is None:
            return
        claimed, start, size = found
        if claimed > most or size > most * ENTRY_MAY_HAVE_BYTES:
            raise _too_many(most)
        if _walked(file, start, start + size, most) > most:
            raise _too_many(most)
    finally:
        file.seek(position)


def _too_many(most: int) -> UploadError:
    return UploadError(
        f"The zip has too many members; {most:,} are allowed. "
        "Pack only the files that are asked for."
    )


def _directory(file: BinaryIO) -> tuple[int, int, int] | None:
    """Return (members claimed, where the list of them starts, its bytes), None when it has none."""
    length = file.seek(0, 2)
    tail_start = max(length - END_BYTES - LONGEST_COMMENT, 0)
    tail = _read_at(file, tail_start, length - tail_start)
    # zipfile's own order: an end record without a comment at the very end, else the last one.
    plain = tail[-END_BYTES:]
    at = len(tail) - END_BYTES
    if not (plain.startswith(END) and plain.endswith(b"\0\0") and len(plain) == END_BYTES):
        at = tail.rfind(END)
    record = tail[at : at + END_BYTES] if at >= 0 else b""
    if len(record) < END_BYTES:
        return None
    here, everywhere, size = struct.unpack("<4x4xHHI6x", record)
    end = tail_start + at
    return _directory_64(file, end) or (max(here, everywhere), max(end - size, 0), size)


def _directory_64(file: BinaryIO, end: int) -> tuple[int, int, int] | None:
    """Return the same from a zip64 end record, None when the zip has none before its `end`."""
    start = end - LOCATOR_BYTES - END_64_BYTES
    if start < 0:
        return None
    records = _read_at(file, start, END_64_BYTES + LOCATOR_BYTES)
    if records[END_64_BYTES:][:4] != LOCATOR_64 or records[:4] != END_64:
        return None
    here, everywhere, size = struct.unpack("<24xQQQ8x", records[:END_64_BYTES])
    return max(here, everywhere), max(start - size, 0), size


def _walked(file: BinaryIO, start: int, end: int, most: int) -> int:
    """Return how many entries lie between two positions; counting ends above `most`."""
    count, at = 0, start
    while at < end and count <= most:
        entry = _read_at(file, at, ENTRY_BYTES)
        if len(entry) < ENTRY_BYTES or not entry.startswith(ENTRY):
            break  # damaged: zipfile stops here as well, and says so
        at += ENTRY_BYTES + sum(struct.unpack("<28xHHH12x", entry))
        count += 1
    return count


def _read_at(file: BinaryIO, position: int, count: int) -> bytes:
    file.seek(position)
    return file.read(count)
