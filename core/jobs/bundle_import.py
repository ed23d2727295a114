"""Reading a run's zip back: a stranger's file, in which nothing is believed unchecked."""

import csv
import hashlib
import io
import json
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO

from core.data import zips
from core.data.zip_directory import check_count
from core.errors import LabError, SettingsError, UploadError
from core.jobs.bundle import FILE_NAME, FORMAT, MANIFEST
from core.jobs.job import ENDED
from core.jobs.store import SavedRun, Store, identity
from core.workspace import Workspace

MEBIBYTE = 1024 * 1024
ID = re.compile(r"[0-9a-f]{16}")
BROKEN = (*zips.DAMAGE, OSError)
LARGEST_STEP = 2**63 - 1  # what an SQL database stores
LATEST_SECONDS = 253_402_300_799.0  # the end of the year 9999, after which no calendar goes on

CheckFile = Callable[[Path, Mapping[str, Any]], None]


@dataclass(frozen=True)
class BundleLimits:
    """What a bundle may hold at most."""

    bytes_packed: int = 1024 * MEBIBYTE
    bytes_unpacked: int = 4096 * MEBIBYTE
    members: int = 20_000
    bytes_text: int = 64 * MEBIBYTE


@dataclass(frozen=True)
class Imported:
    """What an import did: the bundle's main run, the runs that are new here, and the others."""

    run: str
    added: tuple[str, ...]
    already_here: tuple[str, ...]


def import_run(
    store: Store,
    workspace: Workspace,
    content: Path | BinaryIO,
    check_file: CheckFile = lambda path, result: None,
    limits: BundleLimits = BundleLimits(),
) -> Imported:
    """Add the runs of a bundle to this workspace, all or none of them.

    check_file: called with each unpacked file and its run's result before anything is kept; it
    raises a LabError to refuse. Raises UploadError with the reason and the remedy.
    """
    folder = Path(tempfile.mkdtemp(prefix="bundle-", dir=workspace.scratch))
    try:
        with _opened(content, limits) as archive:
            manifest = _manifest(archive, limits)
            ids = dict.fromkeys(manifest["runs"])  # each once
            runs = [_read_run(archive, id, folder, check_file, limits) for id in ids]
        added = _keep(store, workspace, runs, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    others = tuple(run.id for run in runs if run.id not in added)
    return Imported(manifest["run"], tuple(added), others)


def _keep(store: Store, workspace: Workspace, runs: Sequence[SavedRun], folder: Path) -> list[str]:
    """Move the runs' files into place, then make them known; return the ids that are new here.

    A run that is here is left alone. When anything fails, no file and no run stays.
    """
    new = [run for run in runs if not store.exists(run.id)]
    try:
        for run in new:
            _move(folder / run.id, workspace.artifacts(run.id))
        return store.restore(new)
    except BaseException:
        for run in new:
            shutil.rmtree(workspace.artifacts(run.id), ignore_errors=True)
        raise


def _move(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    source.mkdir(exist_ok=True)
    shutil.move(source, target)


def _opened(content: Path | BinaryIO, limits: BundleLimits) -> zipfile.ZipFile:
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
            f"The zip unpacks to {unpacked // MEBIBYTE} MiB; "
            f"{limits.bytes_unpacked // MEBIBYTE} MiB are allowed. Export single runs instead."
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


def _manifest(archive: zipfile.ZipFile, limits: BundleLimits) -> dict[str, Any]:
    manifest = _object(archive, MANIFEST, limits)
    version = manifest.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise UploadError(
            f"This run was exported by a newer program (format {version}, known: {FORMAT}). "
            "Update Pareto Lab and import it again."
        )
    runs = manifest.get("runs")
    names = runs if isinstance(runs, list) else []
    listed = all(isinstance(name, str) and ID.fullmatch(name) for name in names)
    if version != FORMAT or not listed or manifest.get("run") not in names:
        raise UploadError(f"{MANIFEST} in the zip is incomplete. Export the run again.")
    return manifest


def _read_run(
    archive: zipfile.ZipFile, id: str, folder: Path, check_file: CheckFile, limits: BundleLimits
) -> SavedRun:
    name = f"runs/{id}/run.json"
    record = _object(archive, name, limits)
    files = record.pop("files", None)
    history = _text(archive, f"runs/{id}/history.csv", limits)
    try:
        _check_texts(record)
        run = SavedRun(**record, metrics=_parse_history(history))
        _check_run(run, id)
    except (TypeError, ValueError, OverflowError, RecursionError, SettingsError) as error:
        raise UploadError(f"{name} is damaged ({error}). Export the run again.") from error
    for file_name, digest in _named(files, name):
        path = _unpack(archive, f"runs/{id}/files/{file_name}", folder / id / file_name, digest)
        try:
            check_file(path, run.result or {})
        except LabError as error:
            raise UploadError(f"{file_name} of run {id} was refused: {error}") from error
    return run


def _check_texts(value: Any) -> None:
    """Raise ValueError for texts that a database or a page cannot take."""
    text = json.dumps(value, ensure_ascii=False)
    text.encode()  # lone surrogates
    if "\\u0000" in text.replace(r"\\", ""):  # a backslash before the u may be text itself
        raise ValueError("a text holds a zero character")


def _check_run(run: SavedRun, id: str) -> None:
    times = (run.created, run.started or 0.0, run.finished or 0.0)
    if not all(_is_number(t, LATEST_SECONDS) for t in times):
        raise ValueError("a time is not a number of seconds since 1970")
    if not (_is_number(run.done, LARGEST_STEP) and _is_number(run.total, LARGEST_STEP)):
        raise ValueError("how far it got is not a number")
    if not isinstance(run.seed, int) or isinstance(run.seed, bool):
        raise ValueError("the seed is not a whole number")
    if not isinstance(run.kind, str) or not isinstance(run.settings, dict):
        raise ValueError("kind or settings are of the wrong sort")
    if run.state not in ENDED or not isinstance(run.result, dict | None):
        raise ValueError("the run has not ended")
    names = [value for value in (run.result or {}).values() if isinstance(value, str)]
    if any(_leads_away(name) for name in names):
        raise ValueError("a file name in its result leads out of its folder")
    if not isinstance(run.error, str | None):
        raise ValueError("the error is not a text")
    if run.parent is not None and not ID.fullmatch(run.parent):
        raise ValueError("the parent is not a run")
    if run.id != id or identity(run.kind, run.settings, run.seed) != id:
        raise ValueError("its settings do not belong to its id")


def _is_number(value: Any, most: float) -> bool:
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return is_one and 0 <= value <= most


def _leads_away(name: str) -> bool:
    """Return whether a text, taken as a file name, could leave the folder it is looked up in."""
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    return posix.is_absolute() or bool(windows.anchor) or ".." in (*posix.parts, *windows.parts)


def _named(files: Any, where: str) -> Iterator[tuple[str, str]]:
    if not isinstance(files, dict):
        raise UploadError(f"{where} does not list its files. Export the run again.")
    for name, facts in files.items():
        if not FILE_NAME.fullmatch(name) or not isinstance(facts, dict):
            raise UploadError(f"{where} lists a file {name[:80]!a}. Export the run again.")
        yield name, str(facts.get("sha256"))


def _unpack(archive: zipfile.ZipFile, member: str, target: Path, sha256: str) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    content = hashlib.sha256()
    with _member(archive, member) as source, open(target, "wb") as file:
        while block := _read(source, MEBIBYTE, member):
            content.update(block)
            file.write(block)
    if content.hexdigest() != sha256:
        raise UploadError(f"{member} in the zip is damaged. Export the run again.")
    return target


def _parse_history(text: str) -> dict[str, list[tuple[int, float]]]:
    reader = csv.reader(io.StringIO(text))
    header = next(reader, [])
    if header[:1] != ["step"] or len(set(header)) != len(header):
        raise ValueError("history.csv has no column step")
    _check_texts(header)
    metrics: dict[str, list[tuple[int, float]]] = {key: [] for key in header[1:]}
    for row in reader:
        if len(row) != len(header):
            raise ValueError("history.csv has rows of different lengths")
        for key, value in zip(header[1:], row[1:], strict=True):
            if value:
                metrics[key].append((_step(row[0]), float(value)))
    return metrics


def _step(text: str) -> int:
    step = int(text)
    if not 0 <= step <= LARGEST_STEP:
        raise ValueError(f"history.csv has the step {text[:30]}")
    return step


def _object(archive: zipfile.ZipFile, name: str, limits: BundleLimits) -> dict[str, Any]:
    try:
        value = json.loads(_text(archive, name, limits))
    except (ValueError, RecursionError) as error:
        raise UploadError(f"{name} in the zip is not JSON. Export the run again.") from error
    if not isinstance(value, dict):
        raise UploadError(f"{name} in the zip is not a record. Export the run again.")
    return value


def _text(archive: zipfile.ZipFile, name: str, limits: BundleLimits) -> str:
    with _member(archive, name) as source:
        content = _read(source, limits.bytes_text + 1, name)
    if len(content) > limits.bytes_text:
        raise UploadError(
            f"{name} in the zip is larger than {limits.bytes_text // MEBIBYTE} MiB. "
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
