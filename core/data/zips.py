"""Reading zip archives: checked as a whole first, then unpacked member by member, bounded."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator

from core.data.child import Source
from core.data.limits import MIB, Limits
from core.data.names import plain_name
from core.data.unpack import (
    CHUNK,
    EXPANSION_MATTERS_FROM,
    MOST_EXPANSION,
    Packed,
    Spool,
    checked_name,
    is_ignored,
    too_large,
)
from core.errors import UploadError

# What the standard library's reader raises for zip files that are cut short or malformed.
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError),
    *(RuntimeError, ValueError, IndexError, OverflowError),
)


def unpack(source: Source) -> Packed:
    """Return the members of the archive; raise UploadError for anything suspicious."""
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
            _check(entries, source.limits)
            return _unpack(archive, entries, Spool(source))
    except DAMAGE as error:
        raise _damaged(str(error)) from error


def _damaged(reason: str) -> UploadError:
    return UploadError(f"The zip file is damaged ({reason[:100]}). Pack or upload it again.")


def _check(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.members:
        raise UploadError(
            f"The archive has {len(entries):,} members, more than the {limits.members:,} accepted. "
            "Upload the images as arrays (.npz), or fewer of them."
        )
    for entry in entries:
        _check_entry(entry)
    _check_overlap(entries)
    total, packed = (sum(getattr(e, k) for e in entries) for k in ("file_size", "compress_size"))
    if total > limits.unpacked_bytes:
        raise too_large(limits)
    if total > EXPANSION_MATTERS_FROM and total > MOST_EXPANSION * max(packed, 1):
        raise UploadError(
            f"The file grows more than {MOST_EXPANSION} times when unpacked, which image data "
            "never does. Upload the data as exported."
        )


def _check_entry(entry: zipfile.ZipInfo) -> None:
    checked_name(entry.orig_filename)
    shown = plain_name(entry.filename)
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


def _check_overlap(entries: list[zipfile.ZipInfo]) -> None:
    """Raise UploadError if two members share bytes, as in bombs that decompress one part often."""
    end = 0
    for entry in sorted(entries, key=lambda e: e.header_offset):
        if entry.header_offset < end:
            raise UploadError(
                f"The archive's member {plain_name(entry.filename)} overlaps another one, which no "
                "packer does. Pack it again."
            )
        end = entry.header_offset + 30 + len(entry.orig_filename.encode()) + entry.compress_size


def _unpack(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], spool: Spool) -> Packed:
    for entry in entries:
        spool.count()
        if is_ignored(entry.filename):
            continue
        if entry.is_dir():
            spool.add_folder(entry.filename)
            continue
        spool.add(entry.filename.removeprefix("./"), _chunks(archive, entry))
    return spool.packed()


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the member's bytes; raise UploadError if they are more or fewer than declared."""
    total = 0
    with archive.open(entry) as member:
        while chunk := member.read(min(CHUNK, 64 * MIB)):
            total += len(chunk)
            yield chunk
    if total != entry.file_size:
        raise _damaged(f"{plain_name(entry.filename)} is not as long as declared")
