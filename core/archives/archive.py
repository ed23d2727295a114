"""The one place that tells archives apart and unpacks them, for every reader in the child."""

from typing import BinaryIO

from core.archives import tar, zips
from core.archives.child import Source
from core.archives.members import Packed
from core.archives.spool import Rules, Spool

GZIP, ZIPS = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")


def unpack(source: Source) -> Packed | None:
    """Return everything in a tar, tar.gz or zip; None if the source is no archive.

    Raises UploadError for anything suspicious.
    """
    spool = Spool(source)
    return spool.packed() if fill(spool, source) else None


def member_names(source: Source) -> list[str] | None:
    """Return the names of an archive's files without unpacking any; None if it is no archive.

    Raises UploadError for anything suspicious.
    """
    spool = Spool(source, Rules(keep=()))
    return list(spool.unkept) if fill(spool, source) else None


def fill(spool: Spool, file: BinaryIO) -> bool:
    """Unpack an archive into the spool; return False if the file is none that is read.

    Raises UploadError for anything suspicious that the spool's rules do not let pass.
    """
    head = file.read(tar.BLOCK)
    file.seek(0)
    if head[:2] == GZIP or tar.is_header(head):
        tar.unpack(file, spool, compressed=head[:2] == GZIP)
    elif head[:4] in ZIPS:
        zips.unpack(file, spool)
    else:
        return False
    return True
