"""Reading zip archives: checked as a whole first, then unpacked member by member, bounded."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from core.archives.limits import too_large
from core.archives.members import checked_name, is_ignored
from core.archives.spool import Spool
from core.archives.streams import CHUNK, EXPANSION_MATTERS_FROM, MOST_EXPANSION
from core.errors import UploadError
from core.names import plain_name

# What the standard library's reader raises for zip files that are cut short or malformed.
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError),
    *(RuntimeError, ValueError, IndexError, OverflowError),
)
UTF8_FLAG = 0x800  # this bit promises a name in UTF-8; zipfile decodes all others as cp437
UNICODE_PATH = 0x7075  # Info-ZIP's extra field with the name in UTF-8


def unpack(file: BinaryIO, spool: Spool) -> None:
    """Unpack the archive's files into the spool; raise UploadError for anything suspicious."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_count(entries, spool)
            _check_overlap(entries)
            wanted = [entry for entry in entries if _is_wanted(entry, spool)]
            _check_growth(wanted, spool)
            for entry in wanted:
                _add(archive, entry, spool)
    except DAMAGE as error:
        raise _damaged(str(error)) from error


def _damaged(reason: str) -> UploadError:
    return UploadError(f"The zip file is damaged ({reason[:100]}). Pack or upload it again.")


def _check_count(entries: list[zipfile.ZipInfo], spool: Spool) -> None:
    if len(entries) > spool.limits.members:
        raise UploadError(
            f"The archive has {len(entries):,} members, more than the {spool.limits.members:,} "
            f"accepted. {spool.limits.remedy}"
        )


def _is_wanted(entry: zipfile.ZipInfo, spool: Spool) -> bool:
    """Tell whether a member's bytes are to be unpacked; the spool remembers what is not."""
    spool.count()
    name = member_name(entry)
    with spool.judged(name):
        _check_entry(entry)
        name = checked_name(name)
        if is_ignored(name):
            spool.pass_over(name)
            return False
        if name.endswith("/"):
            spool.add_folder(name)
        elif not spool.rules.wants(name):
            spool.leave_out(name, entry.file_size)
        else:
            spool.check_size(name, entry.file_size)
            if not spool.rules.strict:  # one person's bomb is not everybody's
                _check_growth([entry], spool)
            return True
    return False


def _check_growth(entries: list[zipfile.ZipInfo], spool: Spool) -> None:
    total, packed = (sum(getattr(e, k) for e in entries) for k in ("file_size", "compress_size"))
    if total > spool.limits.unpacked_bytes:
        raise too_large(spool.limits)
    if total > EXPANSION_MATTERS_FROM and total > MOST_EXPANSION * max(packed, 1):
        raise UploadError(
            f"The file grows more than {MOST_EXPANSION} times when unpacked, which image data "
            "never does. Upload the data as exported."
        )


def _check_entry(entry: zipfile.ZipInfo) -> None:
    checked_name(entry.orig_filename)
    shown = plain_name(checked_name(member_name(entry)))
    if entry.flag_bits & 0x1:
        raise UploadError(f"The member {shown} is encrypted. Pack the files without a password.")
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UploadError(
            f"The archive's member {shown} is a link or a device; only plain files are read. "
            "Pack the files themselves."
        )
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UploadError(
            f"The member {shown} is compressed in an unusual way. Pack with normal (deflate) zip."
        )


def member_name(entry: zipfile.ZipInfo) -> str:
    """Return the member's name; without the flag it may be UTF-8 all the same (Info-ZIP's zip)."""
    if entry.flag_bits & UTF8_FLAG:
        return entry.filename
    stored = _stored_name(entry)
    try:
        return (_unicode_path(entry.extra, stored) or stored).decode("utf-8")
    except UnicodeDecodeError:
        return entry.filename


def _stored_name(entry: zipfile.ZipInfo) -> bytes:
    """Return the name's bytes as they are in the file."""
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & UTF8_FLAG else "cp437")


def _unicode_path(extra: bytes, stored: bytes) -> bytes:
    """Return the name in the extra field for Unicode paths, b"" if there is none for this name.

    Source: APPNOTE.TXT 6.3.10, section 4.6.9; the checksum ties the field to the stored name.
    """
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == UNICODE_PATH and field[:5] == struct.pack("<BI", 1, zlib.crc32(stored)):
            return field[5:]
    return b""


def _check_overlap(entries: list[zipfile.ZipInfo]) -> None:
    """Raise UploadError if two members share bytes, as in bombs that decompress one part often."""
    end = 0
    for entry in sorted(entries, key=lambda e: e.header_offset):
        if entry.header_offset < end:
            raise UploadError(
                f"The archive's member {plain_name(member_name(entry))} overlaps another one, "
                "which no packer does. Pack it again."
            )
        end = entry.header_offset + 30 + len(_stored_name(entry)) + entry.compress_size


def _add(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, spool: Spool) -> None:
    name = checked_name(member_name(entry))
    with spool.judged(name):
        try:
            spool.add(name, _chunks(archive, entry))
        except DAMAGE as error:
            raise _damaged(f"{plain_name(name)}: {error}") from error


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the member's bytes; raise UploadError if they are more or fewer than declared."""
    total = 0
    with archive.open(entry) as member:
        while chunk := member.read(CHUNK):
            total += len(chunk)
            yield chunk
    if total != entry.file_size:
        raise _damaged(f"{plain_name(member_name(entry))} is not as long as declared")
