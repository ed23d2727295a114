"""Reading a run's zip back: a stranger's file, in which nothing is believed unchecked."""

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO

from core import records
from core.archives.limits import BUNDLE_LIMITS, Limits
from core.errors import LabError, UploadError
from core.jobs.store.annotation import Annotation
from core.jobs.store.job import ENDED
from core.jobs.store.spec import StoredSpec
from core.jobs.store.store import SavedRun, Store, identity
from core.jobs.transfer.bundle import FILE_NAME, FORMAT, MANIFEST, RECORDED
from core.jobs.transfer.bundle_members import ID, Members
from core.records import FIRST_FORMAT, JsonObject
from core.stale_files import remove_stale, scratch_folder
from core.workspace import Workspace

LARGEST_STEP = 2**63 - 1  # what an SQL database stores
LATEST_SECONDS = 253_402_300_799.0  # the end of the year 9999, after which no calendar goes on

MOST_POINTS, MOST_KEYS, LONGEST_KEY = 500_000, 1000, 200  # of histories
DAMAGE = (TypeError, ValueError, OverflowError, RecursionError, csv.Error, LabError)

CheckFile = Callable[[Path], None]
CheckRun = Callable[[SavedRun], None]
ResourcesOf = Callable[[StoredSpec], str]
Measure = Callable[[SavedRun, Path], SavedRun]


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
    check_file: CheckFile = lambda path: None,
    resources_of: ResourcesOf = lambda spec: spec.resources,
    check_run: CheckRun = lambda run: None,
    measure: Measure = lambda run, folder: run,
    limits: Limits = BUNDLE_LIMITS,
) -> Imported:
    """Add the runs of a bundle to this workspace, all or none of them, marked as imported.

    check_file, check_run: called with each unpacked file and each record before anything is kept;
    they raise a LabError to refuse. resources_of: what a run needs of a machine, should it be
    resumed here. measure: given a run and the folder of its files, returns it with what the files
    say instead of what the zip says of them. Raises UploadError with the reason and the remedy.
    """
    remove_stale(workspace.scratch, "bundle-*")
    with scratch_folder(workspace.scratch, "bundle-") as folder:
        members = Members(content, folder, limits)
        manifest = _manifest(members)
        ids = dict.fromkeys(manifest["runs"])  # each once
        read = [_read_run(members, id, check_run) for id in ids]
        runs = [run for run, _ in read]
        if sum(len(points) for run in runs for points in run.metrics.values()) > MOST_POINTS:
            raise UploadError("The histories are too long. Export single runs instead.")
        for run, files in read:
            _unpack_files(members, run.id, files, folder / "runs" / run.id, check_file)
        runs = [_measured(run, folder / "runs" / run.id, measure) for run in runs]
        runs = [replace(run, resources=resources_of(run.spec)) for run in runs]
        known = _with_known_parents(store, runs)
        added = _keep(store, workspace, known, _parts(manifest), folder / "runs")
    others = tuple(run.id for run in runs if run.id not in added)
    return Imported(manifest["run"], tuple(added), others)


def _with_known_parents(store: Store, runs: Sequence[SavedRun]) -> list[SavedRun]:
    """Return the runs without parents that nobody knows, which would hide them from the lists.

    Raises UploadError when runs are each other's parents.
    """
    parents = {run.id: run.parent for run in runs}
    for run in runs:
        above, seen = run.parent, {run.id}
        while above is not None:
            if above in seen:
                raise UploadError(
                    f"Run {run.id} comes from itself by way of its parents. Export the run again."
                )
            seen.add(above)
            known = store.get(above).parent if store.exists(above) else None
            above = parents.get(above, known)
    return [run if _is_known(store, parents, run) else replace(run, parent=None) for run in runs]


def _is_known(store: Store, parents: JsonObject, run: SavedRun) -> bool:
    return run.parent is None or run.parent in parents or store.exists(run.parent)


def _parts(manifest: JsonObject) -> dict[str, list[str]]:
    """Return run -> the runs of the bundle that it had asked for; nothing of older bundles."""
    ids, told = set(manifest["runs"]), manifest.get("parts", {})
    if not isinstance(told, dict) or not all(isinstance(each, list) for each in told.values()):
        raise UploadError("bundle.json does not say which runs belong together. Export them again.")
    return {
        id: [part for part in told[id] if isinstance(part, str) and part in ids - {id}]
        for id in ids & set(told)
    }


def _keep(
    store: Store,
    workspace: Workspace,
    runs: Sequence[SavedRun],
    parts: Mapping[str, Sequence[str]],
    folder: Path,
) -> list[str]:
    """Move the runs' files into place, then make them known; return the ids that are new here.

    A run that is here is left alone. When anything fails, no file and no run stays.
    """
    new = [run for run in runs if not store.exists(run.id)]
    try:
        for run in new:
            _move(folder / run.id, workspace.artifacts(run.id))
        return store.restore(new, parts)
    except BaseException:
        for run in new:
            if not store.exists(run.id):  # another import of the same run may have come first
                shutil.rmtree(workspace.artifacts(run.id), ignore_errors=True)
        raise


def _move(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    source.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target)


def _manifest(members: Members) -> dict[str, Any]:
    manifest = members.object(MANIFEST)
    version = manifest.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise UploadError(
            f"This run was exported by a newer program (format {version}, known: {FORMAT}). "
            "Update Pareto Lab and import it again."
        )
    runs = manifest.get("runs")
    names = runs if isinstance(runs, list) else []
    listed = all(isinstance(name, str) and ID.fullmatch(name) for name in names)
    if version not in range(1, FORMAT + 1) or not listed or manifest.get("run") not in names:
        raise UploadError(f"{MANIFEST} in the zip is incomplete. Export the run again.")
    return manifest


def _read_run(members: Members, id: str, check_run: CheckRun) -> tuple[SavedRun, Any]:
    """Return a run and what its record says of its files."""
    name = f"runs/{id}/run.json"
    record = members.object(name)
    files = record.pop("files", None)
    history = members.text(f"runs/{id}/history.csv")
    try:
        _check_texts(record)
        written = Annotation.from_json(record.pop("annotation", Annotation().to_json()))
        _check_names(record)
        run = SavedRun(**record, metrics=_parse_history(history), annotation=written)
        _check_run(run, id)
        check_run(run)
    except DAMAGE as error:
        raise UploadError(f"{name} is damaged ({error}). Export the run again.") from error
    return run, files


def _unpack_files(
    members: Members, id: str, files: Any, folder: Path, check_file: CheckFile
) -> None:
    for file_name, digest in _named(files, f"runs/{id}/run.json"):
        path = members.move(f"runs/{id}/files/{file_name}", folder / file_name, digest)
        try:
            check_file(path)
        except LabError as error:
            raise UploadError(f"{file_name} of run {id} was refused: {error}") from error


def _measured(run: SavedRun, folder: Path, measure: Measure) -> SavedRun:
    try:
        return measure(run, folder)
    except LabError as error:
        raise UploadError(f"A file of run {run.id} was refused: {error}") from error


def _check_texts(value: Any) -> None:
    """Raise ValueError for texts that a database or a page cannot take."""
    text = json.dumps(value, ensure_ascii=False)
    text.encode()  # lone surrogates
    if "\\u0000" in text.replace(r"\\", ""):  # a backslash before the u may be text itself
        raise ValueError("a text holds a zero character")


def _check_names(record: JsonObject) -> None:
    """Raise ValueError for facts that no export writes, or forms that no version has written."""
    if unknown := sorted(set(record) - set(RECORDED)):
        raise ValueError(f"it says {unknown[0][:40]!r}, which is unknown")
    forms = [record.get(name, FIRST_FORMAT) for name in ("spec_format", "result_format")]
    if not all(type(form) is int and FIRST_FORMAT <= form <= records.FORMAT for form in forms):
        raise ValueError("the form of its settings or result is unknown")


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
    if run.id != id or identity(run.spec, run.seed) != id:
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


def _parse_history(text: str) -> dict[str, list[tuple[int, float]]]:
    reader = csv.reader(io.StringIO(text))
    header = next(reader, [])
    if header[:1] != ["step"] or len(set(header)) != len(header) or len(header) > MOST_KEYS:
        raise ValueError("history.csv has no column step, or too many others")
    if any(len(key) > LONGEST_KEY for key in header):
        raise ValueError("history.csv has a column with an endless name")
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
