"""What was handed in: weights files, or zips of many, each as one named file on disk.

Nothing is read here but a zip's table of contents and bounded copies of its members.
"""

import hashlib
import json
import lzma
import shutil
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from core.archives import zips
from core.archives.limits import LIMITS as PARSE_LIMITS
from core.archives.members import is_ignored
from core.archives.zip_limits import check_count
from core.errors import NotFoundError, UploadError
from core.files import told_if_not_stored, written_whole
from core.grading.submitters import owner, owners, with_zip, without_weights
from core.text import plural

WEIGHTS_ENDINGS = (".h5", ".hdf5", ".keras")
LISTING = "names.json"
MOST_SHOWN = 3  # names of files in one sentence
MEGABYTE = 1 << 20
# A member may declare that unpacking it takes 4 GB of memory, which ends in a MemoryError.
BROKEN = (*zips.DAMAGE, lzma.LZMAError, OSError, MemoryError)


@dataclass(frozen=True)
class Limits:
    """How much one upload may hold; a file of the reference network has 2.4 MB."""

    files: int = 1000
    members: int = PARSE_LIMITS.members
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

    files: file name and content. In a zip, `anna/my_model_weights.h5` is Anna's; a name that
    several files give is preceded by its zip's. A zip that is broken, too large or without a
    weights file is one submission with the reason.
    Raises UploadError for too many files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found: list[tuple[str, list[Submission]]] = []
    count = 0
    for number, (file, content) in enumerate(files):
        path = content if isinstance(content, Path) else _stored(content, folder, number)
        found.append((file, _submissions(file, path, folder, count, limits)))
        count += len(found[-1][1])
    if count > limits.files:
        raise UploadError(f"{count} files arrived; at most {limits.files} are graded at once.")
    return _told_apart(found)


def _told_apart(found: Sequence[tuple[str, list[Submission]]]) -> list[Submission]:
    """Return all submissions; of equal names from several files, those of zips say which zip."""
    given = Counter(name for _, held in found for name in {each.name for each in held})
    return [
        replace(each, name=with_zip(file, each.name))
        if given[each.name] > 1 and each.file != file
        else each
        for file, held in found
        for each in held
    ]


def _stored(content: bytes, folder: Path, number: int) -> Path:
    path = folder / f"given-{number:04d}.upload"  # not the name of any member's copy
    path.write_bytes(content)
    return path


def _submissions(
    file: str, path: Path, folder: Path, first: int, limits: Limits
) -> list[Submission]:
    """Return what one file holds; what is wrong with it is the error of its one submission."""
    whole = Submission(owner(file), file, path)
    if not zipfile.is_zipfile(path):
        return [whole]
    try:
        with _opened(path, limits) as archive:
            if "model.weights.h5" in archive.namelist():  # a .keras file is a zip as well
                return [whole]
            return _members(file, archive, folder, first, limits)
    except UploadError as error:
        return [replace(whole, error=str(error))]


def _opened(path: Path, limits: Limits) -> zipfile.ZipFile:
    try:
        with open(path, "rb") as file:
            check_count(file, limits.members)
        return zipfile.ZipFile(path)
    except BROKEN as error:
        raise UploadError(
            f"The zip cannot be read ({_short(error)}). Save or pack it again and hand that in."
        ) from error


def _short(error: Exception) -> str:
    """Return an error's beginning: zipfile repeats whole names, of 64 KB and of any bytes."""
    return str(error)[:100] or type(error).__name__


def _members(
    bundle: str, archive: zipfile.ZipFile, folder: Path, first: int, limits: Limits
) -> list[Submission]:
    files = [member for member in archive.infolist() if not is_ignored(_name(member))]
    chosen = [member for member in files if _is_weights(member)]
    paths = [PurePosixPath(_name(member)).parts for member in chosen]
    others = [_name(member) for member in files if not _name(member).endswith("/")]
    without = without_weights(paths, [PurePosixPath(name).parts for name in others])
    _check_amount(bundle, chosen, len(without), limits)
    copied = [
        _copied(archive, member, person, folder / f"{first + number:04d}.upload", limits)
        for number, (member, person) in enumerate(zip(chosen, owners(bundle, paths), strict=True))
    ]
    nothing = Path(str(archive.filename))  # there is no file to grade: the error says so
    return copied + [
        Submission(person, f"{person}/", nothing, _no_weights(found))
        for person, found in without.items()
    ]


def _no_weights(found: Sequence[str]) -> str:
    more = f" and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
    return (
        f"The folder holds no .h5, .hdf5 or .keras file (found: "
        f"{', '.join(found[:MOST_SHOWN])}{more}). Hand in my_model_weights.h5 itself."
    )


def _check_amount(
    bundle: str, chosen: Sequence[zipfile.ZipInfo], without: int, limits: Limits
) -> None:
    if not chosen:
        raise UploadError(
            f"{bundle} holds no weights file. Put each as name/my_model_weights.h5 into it."
        )
    size = sum(member.file_size for member in chosen)
    if len(chosen) + without > limits.files or size > limits.total_bytes:
        beside = f", and {plural(without, 'folder')} without any" if without else ""
        raise UploadError(
            f"{bundle} holds {len(chosen)} weights files of {size / MEGABYTE:,.0f} MB{beside}. "
            f"At most {limits.files} files and {limits.total_bytes // MEGABYTE:,} MB are taken "
            "at once: split the zip."
        )


def _name(member: zipfile.ZipInfo) -> str:
    """Return a member's name as its packer meant it; Windows packers may write backslashes."""
    return zips.member_name(member).split("\0")[0].replace("\\", "/")


def _is_weights(member: zipfile.ZipInfo) -> bool:
    return _name(member).lower().endswith(WEIGHTS_ENDINGS)


def _copied(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, person: str, path: Path, limits: Limits
) -> Submission:
    """Copy a member to `path`; what is wrong with it is the submission's error."""
    submission = Submission(person, _name(member), path)
    try:
        content = _content(archive, member, limits)
    except UploadError as error:
        return replace(submission, error=str(error))
    path.write_bytes(content)  # a disk without room is nobody's damaged file: not caught above
    return submission


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits) -> bytes:
    if member.flag_bits & 1:
        raise UploadError("The file is encrypted. Pack it without a password.")
    try:
        with archive.open(member) as source:
            return _bounded(source, limits.file_bytes)
    except BROKEN as error:
        raise UploadError(
            f"The file in the zip is damaged ({_short(error)}). Pack it again."
        ) from error


def _bounded(source: IO[bytes], most: int) -> bytes:
    content = source.read(most + 1)
    if len(content) > most:
        raise UploadError(f"The file is larger than {most // MEGABYTE} MB: not this network's.")
    return content


def keep(files: Sequence[tuple[str, bytes]], uploads: Path) -> str:
    """Store uploaded files under `uploads` for a job to grade; return their digest.

    The same files in the same order have the same digest. Raises StoreError, and leaves nothing
    behind, when there is no room for them.
    """
    content = hashlib.sha256()
    for name, data in files:
        content.update(json.dumps([name, len(data)]).encode())
        content.update(data)
    digest = content.hexdigest()[:16]
    with told_if_not_stored("The files", uploads):
        _write_all(files, uploads / digest)
    return digest


def _write_all(files: Sequence[tuple[str, bytes]], folder: Path) -> None:
    known = (folder / LISTING).is_file()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, (_, data) in enumerate(files):
            _write(folder / str(number), data)
        # Last: with it the files count as kept.
        _write(folder / LISTING, json.dumps([name for name, _ in files]).encode())
    except OSError:
        if not known:  # else somebody may be grading these very files
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _write(path: Path, content: bytes) -> None:
    with written_whole(path) as part:
        part.write_bytes(content)


def kept(digest: str, uploads: Path) -> list[tuple[str, Path]]:
    """Return the names and paths of the files that `keep` stored."""
    folder = uploads / digest
    listing = folder / LISTING
    if not digest.isalnum() or not listing.is_file():
        raise NotFoundError("The uploaded files are gone. Upload them again.")
    return [(name, folder / str(n)) for n, name in enumerate(json.loads(listing.read_text()))]
