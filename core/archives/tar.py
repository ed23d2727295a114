"""Reading tar archives as a stream: regular members only, nothing is ever extracted.

Our own reader, because the standard library's holds headers of any size in memory.
Source of the format: POSIX.1-2001 pax, and GNU tar's "Basic Tar Format".
"""

from collections.abc import Iterator
from typing import BinaryIO

from core.archives.members import checked_name, is_ignored
from core.archives.spool import Spool
from core.archives.streams import Stream
from core.errors import UploadError
from core.names import plain_name

BLOCK = 512
LONGEST_HEADER = 64 * 1024
KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a named pipe",
    b"S": "a sparse file",
}


def is_header(block: bytes) -> bool:
    """Tell whether a block of 512 bytes is a tar header, by its checksum."""
    if len(block) < BLOCK or not any(block):
        return False
    try:
        return _number(block[148:156]) == sum(block[:148]) + 8 * 32 + sum(block[156:])
    except UploadError:
        return False


def unpack(file: BinaryIO, spool: Spool, *, compressed: bool) -> None:
    """Unpack the regular members into the spool.

    Raises UploadError for anything suspicious.
    """
    stream = Stream(file, spool.limits, compressed)
    first = stream.peek(BLOCK)
    if not is_header(first) and any(first):
        raise UploadError(
            "The compressed file holds no tar archive. Pack the files with tar czf, or as .zip."
        )
    long_name: str | None = None
    while (header := _next_header(stream)) is not None:
        spool.count()
        kind, size = header[156:157], _number(header[124:136])
        if kind in (b"L", b"x"):
            long_name = _long_name(kind, stream, size) or long_name
            continue
        if kind in (b"g", b"K"):
            _header_content(stream, size)
            continue
        name, long_name = long_name or _short_name(header), None
        content = _content(stream, size, name)
        with spool.judged(name):
            _take(kind, name, size, content, spool)
        for _ in content:  # what was not taken, and the padding
            pass


def _take(kind: bytes, name: str, size: int, content: Iterator[bytes], spool: Spool) -> None:
    """Put a member into the spool, if it is a plain file that is wanted."""
    _check_kind(kind, name)
    name = checked_name(name)
    if is_ignored(name):
        spool.pass_over(name)
        return
    if kind == b"5" or name.endswith("/"):
        spool.add_folder(name)
    elif not spool.rules.wants(name):
        spool.leave_out(name, size)
    else:
        spool.add(name, content)


def _next_header(stream: Stream) -> bytes | None:
    """Return the next header; None at the end mark, after which only zeros may follow."""
    block = stream.read(BLOCK)
    if not block:
        return None
    if not any(block):
        while rest := stream.read(BLOCK * 128):
            if any(rest):
                raise UploadError("Something follows the end of the archive. Pack it again.")
        return None
    if not is_header(block):
        raise UploadError("The archive is damaged (a header's checksum is wrong). Pack it again.")
    return block


def _number(field: bytes) -> int:
    """Return an octal or base-256 number; raise UploadError for anything else."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ~(0x80 << 8 * (len(field) - 1))
        if field[0] == 0xFF:
            raise UploadError("The archive declares a negative size. Pack it again.")
        return value
    text = field.split(b"\0", 1)[0].strip()
    if text and not text.isdigit():
        raise UploadError("The archive is damaged (a size is no number). Pack it again.")
    try:
        return int(text or b"0", 8)
    except ValueError as error:
        raise UploadError("The archive is damaged (a size is no number). Pack it again.") from error


def _check_kind(kind: bytes, name: str) -> None:
    if kind in (b"0", b"\0", b"7", b"5"):
        return
    what = KINDS.get(kind, "of an unknown kind")
    raise UploadError(
        f"The archive's member {plain_name(name)} is {what}; only plain files are read. "
        "Pack the files themselves."
    )


def _short_name(header: bytes) -> str:
    name = _text(header[:100])
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "replace")


def _long_name(kind: bytes, stream: Stream, size: int) -> str | None:
    content = _header_content(stream, size)
    if kind == b"L":
        return _text(content)
    records = _pax_records(content)
    if "size" in records or any(key.startswith("GNU.sparse") for key in records):
        raise UploadError("The archive holds a sparse or oversized member. Pack it again.")
    return records.get("path")


def _pax_records(content: bytes) -> dict[str, str]:
    """Return the records "length key=value" of a pax header."""
    records = {}
    while content:
        digits, _, _ = content[:20].partition(b" ")
        length = int(digits) if digits.isdigit() else 0
        record = content[len(digits) + 1 : length]
        if length <= len(digits) + 1 or length > len(content) or not record.endswith(b"\n"):
            raise UploadError("The archive is damaged (an extended header). Pack it again.")
        key, _, value = record[:-1].partition(b"=")
        records[key.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
        content = content[length:]
    return records


def _header_content(stream: Stream, size: int) -> bytes:
    if size > LONGEST_HEADER:
        raise UploadError(
            f"The archive has an extended header of {size:,} bytes, which no real one needs. "
            "Pack it again."
        )
    return b"".join(_content(stream, size, "extended header"))


def _content(stream: Stream, size: int, name: str) -> Iterator[bytes]:
    """Yield a member's bytes and pass over the padding."""
    missing = size
    while missing > 0:
        piece = stream.read(min(missing, 1 << 18))
        if not piece:
            raise UploadError(
                f"The archive is cut short inside {plain_name(name)}: {missing:,} bytes are "
                "missing. Pack or upload it again."
            )
        missing -= len(piece)
        yield piece
    stream.read(-size % BLOCK)
