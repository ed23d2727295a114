"""A run as a zip: settings, history, files, versions and digests, to keep or to hand on."""

import hashlib
import importlib.metadata
import json
import platform
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import JobError
from core.jobs.runner.checkpoint import FOLDER
from core.jobs.store.job import Job
from core.jobs.store.store import Store
from core.tables import to_csv
from core.workspace import Workspace

FORMAT = 2  # 1: of version 0.1, whose settings and results do not say their form
MANIFEST = "bundle.json"
PACKAGES = ("numpy", "tensorflow", "keras", "streamlit", "SQLAlchemy", "distributed", "h5py")
RECORDED = (
    *("id", "kind", "settings", "seed", "state", "parent", "done", "total"),
    *("created", "started", "finished", "error", "result"),
    *("spec_format", "result_format"),
)
# A few folders deep, no hidden files: nothing that could leave the run's own folder.
_PART = r"[\w()+,@=-](?:[\w ().+,@=-]{0,98}[\w()+,@=-])?"
FILE_NAME = re.compile(rf"(?:{_PART}/){{0,3}}{_PART}")
# A zip keeps a time for each member; always the same one makes equal runs equal bundles.
MEMBER_TIME = (1980, 1, 1, 0, 0, 0)


def export_run(store: Store, workspace: Workspace, job_id: str, target: Path) -> Path:
    """Write an ended run, with the runs it ordered, to the zip file `target` and return it.

    Raises JobError while it has not ended, NotFoundError if it does not exist.
    """
    return export_runs(store, workspace, [job_id], target)


def export_runs(store: Store, workspace: Workspace, ids: Sequence[str], target: Path) -> Path:
    """Write several ended runs, each with the runs it ordered, to one zip file and return it.

    The first is the one that an import opens. Raises JobError while one has not ended,
    NotFoundError if one does not exist.
    """
    found = {job.id: job for id in ids for job in _with_children(store, id)}
    for job in found.values():
        if not job.ended:
            raise JobError(f"Run {job.id} has not ended yet. Export it when it is done or stopped.")
    jobs = list(found.values())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        left_out = [name for job in jobs for name in _add_run(archive, store, workspace, job)]
        manifest = {
            "format": FORMAT,
            "run": ids[0],
            "runs": [job.id for job in jobs],
            "parts": {job.id: [part.id for part in store.jobs(parent=job.id)] for job in jobs},
            "versions": versions(),
            "left_out": left_out,
        }
        _add(archive, MANIFEST, _json(manifest))
    return target


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def history_csv(metrics: dict[str, list[tuple[int, float]]]) -> str:
    """Return metric values as CSV: a row a step, a column a key, empty where there is none."""
    rows: dict[int, dict[str, float]] = {}
    for key, points in metrics.items():
        for step, value in points:
            rows.setdefault(step, {})[key] = value
    return to_csv(["step", *sorted(metrics)], ({"step": n, **rows[n]} for n in sorted(rows)))


def run_record(job: Job, files: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what run.json says of a job. files: name -> its sha256 and size."""
    written = {"annotation": job.annotation.to_json()} if job.annotation else {}
    return {name: getattr(job, name) for name in RECORDED} | written | {"files": files}


def result_files(folder: Path) -> list[Path]:
    """Return the files a run made, without its checkpoints and half-written ones."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [p for p in found if p.relative_to(folder).parts[0] != FOLDER and p.name[0] != "."]


def _with_children(store: Store, job_id: str) -> list[Job]:
    found = {job_id: store.get(job_id)}
    waiting = [job_id]
    while waiting:
        for child in store.jobs(parent=waiting.pop()):
            if child.id not in found:
                found[child.id] = child
                waiting.append(child.id)
    return list(found.values())


def _add_run(archive: zipfile.ZipFile, store: Store, workspace: Workspace, job: Job) -> list[str]:
    """Add one run; return the files with names that an import would refuse."""
    folder, top = workspace.artifacts(job.id), f"runs/{job.id}"
    files, left_out = {}, []
    for path in result_files(folder):
        name = path.relative_to(folder).as_posix()
        if not FILE_NAME.fullmatch(name):
            left_out.append(f"{job.id}/{name}")
            continue
        content = path.read_bytes()
        files[name] = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
        _add(archive, f"{top}/files/{name}", content)
    _add(archive, f"{top}/run.json", _json(run_record(job, files)))
    _add(archive, f"{top}/history.csv", history_csv(store.metrics(job.id)).encode())
    return left_out


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(name, MEMBER_TIME)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    archive.writestr(member, content)


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True).encode()
