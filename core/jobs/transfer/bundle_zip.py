"""The zip of an exported run, opened and read within limits: a stranger's file."""

import hashlib
import json
import re
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from core.archives import zips
from core.archives.limits import MIB
from core.archives.zip_limits import check_count
from core.errors import UploadError
from core.jobs.transfer.bundle import FILE_NAME, MANIFEST

ID = re.compile(r"[0-9a-f]{16}")
BROKEN = (*zips.DAMAGE, OSError)


@dataclass(frozen=True)
class BundleLimits:
    """What a bundle may hold at most."""

    bytes_packed: int = 1024 * MIB
    bytes_unpacked: int = 4096 * MIB
    members: int = 20_000
    bytes_text: int = 64 * MIB


def opened(content: Path | BinaryIO, limits: BundleLimits) -> zipfile.ZipFile:
    """Return the zip, its members checked by name, kind and size.

    Raises UploadError, which says what is odd.
    """
    try:
        _check_count(content, limits)
        archive = zipfile.ZipFile(content)
    except BROKEN as error:
        raise UploadError(
            "This is not a whole zip file of an exported run. Export the run again."
        ) from error
    try:
        _check_members(archive.infolist(), limits)
    except UploadError:
        archive.close()
        raise
    return archive


def _check_count(content: Path | BinaryIO, limits: BundleLimits) -> None:
    if not isinstance(content, Path):
        check_count(content, limits.members)
        return
    with open(content, "rb") as file:
        check_count(file, limits.members)


def _check_members(members: list[zipfile.ZipInfo], limits: BundleLimits) -> None:
    packed = sum(member.compress_size for member in members)
    unpacked = sum(member.file_size for member in members)
    if packed > limits.bytes_packed or unpacked > limits.bytes_unpacked:
        raise UploadError(
            f"The zip unpacks to {unpacked // MIB} MiB; "
            f"{limits.bytes_unpacked // MIB} MiB are allowed. Export single runs instead."
        )
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise UploadError("The zip names a member twice. Export the run again.")
    for member in members:
        _check_member(member)


def _check_member(member: zipfile.ZipInfo) -> None:
    shown = ascii(member.filename[:80])
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise UploadError(f"The zip member {shown} is not a plain file. Export the run again.")
    if member.flag_bits & 1:
        raise UploadError(f"The zip member {shown} is encrypted. Export the run again.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UploadError(
            f"The zip member {shown} is compressed in an unusual way. Export the run again."
        )
    parts = member.filename.split("/", 3)
    if member.filename == MANIFEST:
        return
    known = len(parts) >= 3 and parts[0] == "runs" and ID.fullmatch(parts[1])
    if known and "/".join(parts[2:]) in ("run.json", "history.csv"):
        return
    if known and parts[2] == "files" and len(parts) == 4 and FILE_NAME.fullmatch(parts[3]):
        return
    raise UploadError(f"The zip member {shown} does not belong to a run. Export the run again.")


def read_object(archive: zipfile.ZipFile, name: str, limits: BundleLimits) -> dict[str, Any]:
    """Return the JSON object of this name.

    Raises UploadError if it is none.
    """
    try:
        value = json.loads(read_text(archive, name, limits))
    except (ValueError, RecursionError) as error:
        raise UploadError(f"{name} in the zip is not JSON. Export the run again.") from error
    if not isinstance(value, dict):
        raise UploadError(f"{name} in the zip is not a record. Export the run again.")
    return value


def read_text(archive: zipfile.ZipFile, name: str, limits: BundleLimits) -> str:
    """Return the text of this name.

    Raises UploadError if it is too long or none.
    """
    with _member(archive, name) as source:
        content = _read(source, limits.bytes_text + 1, name)
    if len(content) > limits.bytes_text:
        raise UploadError(
            f"{name} in the zip is larger than {limits.bytes_text // MIB} MiB. "
            "Export single runs instead."
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UploadError(f"{name} in the zip is not a text. Export the run again.") from error


def _member(archive: zipfile.ZipFile, name: str) -> Any:
    try:
        return archive.open(name)
    except (KeyError, *BROKEN) as error:
        raise UploadError(f"{name} is missing in the zip. Export the run again.") from error


def _read(source: Any, size: int, name: str) -> bytes:
    try:
        content: bytes = source.read(size)
    except BROKEN as error:
        raise UploadError(f"{name} in the zip is damaged. Export the run again.") from error
    return content


def unpack(archive: zipfile.ZipFile, member: str, target: Path, sha256: str) -> Path:
    """Write the member to `target`.

    Raises UploadError unless its content has this SHA-256.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    content = hashlib.sha256()
    with _member(archive, member) as source, open(target, "wb") as file:
        while block := _read(source, MIB, member):
            content.update(block)
            file.write(block)
    if content.hexdigest() != sha256:
        raise UploadError(f"{member} in the zip is damaged. Export the run again.")
    return target
