"""Disk space: how much each run uses, and how to give it back."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from core.errors import JobError
from core.jobs.runner.checkpoint import FOLDER
from core.jobs.store.job import STOPPING, UNFINISHED, Job
from core.jobs.store.store import Store
from core.workspace import Workspace


@dataclass(frozen=True)
class DiskUse:
    """Bytes of one run: results that were made, checkpoints to resume from, and its log."""

    results_bytes: int
    checkpoints_bytes: int
    log_bytes: int

    @property
    def total_bytes(self) -> int:
        """All of it."""
        return self.results_bytes + self.checkpoints_bytes + self.log_bytes


def disk_use(workspace: Workspace, job_id: str) -> DiskUse:
    """Return what a run uses on disk; files that vanish meanwhile count nothing."""
    folder = workspace.artifacts(job_id)
    checkpoints = _size(folder / FOLDER)
    return DiskUse(_size(folder) - checkpoints, checkpoints, _size(workspace.log(job_id)))


def family_use(store: Store, workspace: Workspace, job_id: str) -> tuple[DiskUse, int]:
    """Return what a run and the parts only it needs use on disk, and how many parts those are."""
    parts = store.own_family(job_id)
    uses = [disk_use(workspace, id) for id in (job_id, *parts)]
    total = DiskUse(
        sum(use.results_bytes for use in uses),
        sum(use.checkpoints_bytes for use in uses),
        sum(use.log_bytes for use in uses),
    )
    return total, len(parts)


def free_bytes(workspace: Workspace) -> int:
    """Return the room left on the disk of the workspace."""
    return shutil.disk_usage(workspace.root).free


def delete_checkpoints(store: Store, workspace: Workspace, job_id: str) -> int:
    """Delete the checkpoints of an ended run and return the bytes given back.

    A run that had not finished starts from the beginning when it is resumed.
    Raises JobError while the run has not ended.
    """
    store.forget_checkpoints(job_id)
    return _remove(workspace.artifacts(job_id) / FOLDER)


def delete_run(store: Store, workspace: Workspace, job_id: str) -> int:
    """Delete an ended run, the children only it needs, and all their files; return the bytes.

    Raises JobError while a part of it is at work, or an unfinished run starts from it or a part, or
    asked for it.
    """
    heirs = unfinished_heirs(store, job_id)
    if heirs:
        raise JobError(
            f"Run {job_id} cannot be deleted: {len(heirs)} unfinished runs start from it or its "
            f"parts (for instance {heirs[0].id}). Stop and delete those first."
        )
    return sum(
        _remove(workspace.artifacts(gone)) + _remove(workspace.log(gone))
        for gone in store.delete(job_id)
    )


def unfinished_heirs(store: Store, job_id: str) -> list[Job]:
    """Return the other jobs not ended whose settings name this run or a part deleted with it.

    They still need its files.
    """
    doomed = {job_id, *store.own_family(job_id)}
    found = {
        job.id: job
        for gone in sorted(doomed)
        for job in store.jobs(states=(*UNFINISHED, STOPPING), mentions=gone)
    }
    return [job for id, job in found.items() if id not in doomed]


def _size(path: Path) -> int:
    if path.is_file():
        return _file_size(path)
    return sum(_file_size(file) for file in path.rglob("*")) if path.is_dir() else 0


def _file_size(path: Path) -> int:
    try:
        return 0 if path.is_dir() else path.lstat().st_size
    except FileNotFoundError:
        return 0


def _remove(path: Path) -> int:
    size = _size(path)
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return size - _size(path)
