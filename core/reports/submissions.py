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

from core.data import zips
from core.data.limits import LIMITS as PARSE_LIMITS
from core.data.names import counted, plain_name
from core.data.unpack import is_ignored
from core.data.zip_directory import check_count
from core.errors import NotFoundError, UploadError
from core.files import told_if_not_stored, written_whole

WEIGHTS_ENDINGS = (".h5", ".hdf5", ".keras")
GENERIC = "my_model_weights"  # what everybody's file is called: it names nobody
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
        replace(each, name=_with_zip(file, each.name))
        if given[each.name] > 1 and each.file != file
        else each
        for file, held in found
        for each in held
    ]


def _with_zip(file: str, name: str) -> str:
    """Return `submission` in anna.zip as anna/submission, in ben/submission.zip as ben/submission.

    Students' zips may all be called the same: then only their folders differ.
    """
    zip_name = _owner(file)
    folder = PurePosixPath(file.replace("\\", "/")).parent.name
    return "/".join(part for part in (folder if zip_name == name else zip_name, name) if part)


def _stored(content: bytes, folder: Path, number: int) -> Path:
    path = folder / f"given-{number:04d}.upload"  # not the name of any member's copy
    path.write_bytes(content)
    return path


def _submissions(
    file: str, path: Path, folder: Path, first: int, limits: Limits
) -> list[Submission]:
    """Return what one file holds; what is wrong with it is the error of its one submission."""
    whole = Submission(_owner(file), file, path)
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


def _owner(file: str) -> str:
    """Return whose file this is: its folder, or its own name when that says more."""
    path = PurePosixPath(file.replace("\\", "/"))
    generic = path.stem.startswith(GENERIC)
    return path.parent.name if generic and path.parent.name else path.stem


def _members(
    bundle: str, archive: zipfile.ZipFile, folder: Path, first: int, limits: Limits
) -> list[Submission]:
    files = [member for member in archive.infolist() if not is_ignored(_name(member))]
    chosen = [member for member in files if _is_weights(member)]
    paths = [PurePosixPath(_name(member)).parts for member in chosen]
    others = [_name(member) for member in files if not _name(member).endswith("/")]
    without = _without_weights(paths, [PurePosixPath(name).parts for name in others])
    _check_amount(bundle, chosen, len(without), limits)
    copied = [
        _copied(archive, member, owner, folder / f"{first + number:04d}.upload", limits)
        for number, (member, owner) in enumerate(zip(chosen, _owners(bundle, paths), strict=True))
    ]
    nothing = Path(str(archive.filename))  # there is no file to grade: the error says so
    return copied + [
        Submission(person, f"{person}/", nothing, _no_weights(found))
        for person, found in without.items()
    ]


def _without_weights(
    paths: Sequence[tuple[str, ...]], others: Sequence[tuple[str, ...]]
) -> dict[str, list[str]]:
    """Return the files of each folder that stands beside people's folders but holds no weights.

    paths: those of weights files. A zip whose weights lie in no folders is no class of folders.
    """
    shared = _shared_folders(paths) if paths else 0
    people = {path[shared] for path in paths if len(path) > shared + 1}
    found: dict[str, list[str]] = {}
    for path in others:
        beside = paths and path[:shared] == paths[0][:shared] and len(path) > shared + 1
        if people and beside and path[shared] not in people and not _is_readme(path[-1]):
            found.setdefault(path[shared], []).append(plain_name(path[-1]))
    return found


def _is_readme(file: str) -> bool:
    return file.lower().startswith("readme")


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
        beside = f", and {counted(without, 'folder')} without any" if without else ""
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


def _owners(bundle: str, paths: Sequence[tuple[str, ...]]) -> list[str]:
    """Return whose each member is: its folder's below those that all share, else its own name's.

    A loose file with the name everybody uses belongs to the folder around it, or to the zip.
    """
    shared = _shared_folders(paths)
    home = paths[0][shared - 1] if shared else _owner(bundle)
    rest = [path[shared:] for path in paths]
    unnamed = [parts for parts in rest if len(parts) == 1 and parts[0].startswith(GENERIC)]
    return [home if [parts] == unnamed else _member_owner(parts, home) for parts in rest]


def _member_owner(parts: tuple[str, ...], home: str) -> str:
    if len(parts) > 1:
        return parts[0]
    stem = PurePosixPath(parts[0]).stem
    # Several such files may be one person's or many people's: kept apart, copies are noticed.
    return f"{home}/{stem}" if stem.startswith(GENERIC) else stem


def _shared_folders(paths: Sequence[tuple[str, ...]]) -> int:
    """Return how many leading folders all members share: they name the class, not a person.

    The last of them is a person's when only one folder and loose files are below it.
    """
    if len(paths) < 2:
        return max(len(paths[0]) - 2, 0)
    shared = 0
    while all(len(p) > shared + 1 for p in paths) and len({p[shared] for p in paths}) == 1:
        shared += 1
    below = {p[shared] for p in paths if len(p) > shared + 1}
    some_loose = any(len(p) == shared + 1 for p in paths)
    return shared - 1 if shared and some_loose and len(below) == 1 else shared


def _copied(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, owner: str, path: Path, limits: Limits
) -> Submission:
    """Copy a member to `path`; what is wrong with it is the submission's error."""
    submission = Submission(owner, _name(member), path)
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
