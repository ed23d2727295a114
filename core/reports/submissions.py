"""What was handed in: weights files, or zips of many, each as one named file on disk.

Nothing is read here but a zip's table of contents and bounded copies of its members.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from core.errors import NotFoundError, UploadError

WEIGHTS_ENDINGS = (".h5", ".hdf5", ".keras")
MEGABYTE = 1 << 20
BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError)


@dataclass(frozen=True)
class Limits:
    """How much one upload may hold; a file of the reference network has 2.4 MB."""

    files: int = 1000
    file_bytes: int = 256 * MEGABYTE
    total_bytes: int = 4096 * MEGABYTE


LIMITS = Limits()


@dataclass(frozen=True)
class Submission:
    """One weights file to grade: whose it is, what it was called, where it lies now.

    error: why it cannot even be looked at, "" when it can.
    """

    name: str
    file: str
    path: Path
    error: str = ""


def collect(
    files: Sequence[tuple[str, Path | bytes]], folder: Path, limits: Limits = LIMITS
) -> list[Submission]:
    """Return the submissions in `files`, copied into `folder` where they are not on disk already.

    files: file name and content. In a zip, `anna/my_model_weights.h5` is Anna's.
    Raises UploadError for a zip that is broken, too large or without a weights file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Submission] = []
    for file, content in files:
        path = content if isinstance(content, Path) else _stored(content, folder, len(found))
        if _is_bundle(path):
            found += _members(file, path, folder, len(found), limits)
        else:
            found.append(Submission(_owner(file), file, path))
    if len(found) > limits.files:
        raise UploadError(f"{len(found)} files arrived; at most {limits.files} are graded at once.")
    return found


def _stored(content: bytes, folder: Path, number: int) -> Path:
    path = folder / f"{number:04d}.upload"
    path.write_bytes(content)
    return path


def _is_bundle(path: Path) -> bool:
    """Tell a zip of many from a .keras file, which is a zip as well."""
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "model.weights.h5" not in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UploadError(f"The zip cannot be read ({error}). Pack it again and retry.") from error


def _owner(file: str) -> str:
    """Return whose file this is: its folder, or its own name when that says more."""
    path = PurePosixPath(file.replace("\\", "/"))
    generic = path.stem.startswith("my_model_weights")
    return path.parent.name if generic and path.parent.name else path.stem


def _members(bundle: str, path: Path, folder: Path, first: int, limits: Limits) -> list[Submission]:
    with zipfile.ZipFile(path) as archive:
        chosen = [member for member in archive.infolist() if _is_weights(member)]
        if not chosen:
            raise UploadError(
                f"{bundle} holds no weights file. Put each as name/my_model_weights.h5 into it."
            )
        size = sum(member.file_size for member in chosen)
        if len(chosen) > limits.files or size > limits.total_bytes:
            raise UploadError(
                f"{bundle} holds {len(chosen)} weights files of {size / MEGABYTE:,.0f} MB. "
                f"At most {limits.files} files and {limits.total_bytes // MEGABYTE:,} MB are taken "
                "at once: split the zip."
            )
        shared = _shared_folders([PurePosixPath(member.filename).parts for member in chosen])
        return [
            _copied(archive, member, shared, folder / f"{first + number:04d}.upload", limits)
            for number, member in enumerate(chosen)
        ]


def _is_weights(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename).parts
    hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
    return not member.is_dir() and not hidden and member.filename.lower().endswith(WEIGHTS_ENDINGS)


def _shared_folders(paths: Sequence[tuple[str, ...]]) -> int:
    """Return how many leading folders all members share: they name the class, not a person."""
    if len(paths) < 2:
        return max(len(paths[0]) - 2, 0)
    shared = 0
    while all(len(p) > shared + 1 for p in paths) and len({p[shared] for p in paths}) == 1:
        shared += 1
    return shared


def _copied(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, shared: int, path: Path, limits: Limits
) -> Submission:
    parts = PurePosixPath(member.filename).parts[shared:]
    name = parts[0] if len(parts) > 1 else PurePosixPath(parts[0]).stem
    try:
        if member.flag_bits & 1:
            raise UploadError("The file is encrypted. Pack it without a password.")
        with archive.open(member) as source:
            path.write_bytes(_bounded(source, limits.file_bytes))
    except UploadError as error:
        return Submission(name, member.filename, path, str(error))
    except BROKEN as error:
        reason = f"The file in the zip is damaged ({error}). Pack it again."
        return Submission(name, member.filename, path, reason)
    return Submission(name, member.filename, path)


def _bounded(source: IO[bytes], most: int) -> bytes:
    content = source.read(most + 1)
    if len(content) > most:
        raise UploadError(f"The file is larger than {most // MEGABYTE} MB: not this network's.")
    return content


def keep(files: Sequence[tuple[str, bytes]], uploads: Path) -> str:
    """Store uploaded files under `uploads` for a job to grade; return their digest.

    The same files in the same order have the same digest.
    """
    content = hashlib.sha256()
    for name, data in files:
        content.update(json.dumps([name, len(data)]).encode())
        content.update(data)
    digest = content.hexdigest()[:16]
    folder = uploads / digest
    folder.mkdir(parents=True, exist_ok=True)
    for number, (_, data) in enumerate(files):
        (folder / str(number)).write_bytes(data)
    (folder / "names.json").write_text(json.dumps([name for name, _ in files]))
    return digest


def kept(digest: str, uploads: Path) -> list[tuple[str, Path]]:
    """Return the names and paths of the files that `keep` stored."""
    folder = uploads / digest
    listing = folder / "names.json"
    if not digest.isalnum() or not listing.is_file():
        raise NotFoundError("The uploaded files are gone. Upload them again.")
    return [(name, folder / str(n)) for n, name in enumerate(json.loads(listing.read_text()))]
