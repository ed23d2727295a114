"""Checkpoint files: whole or absent, recognised by their digest, the last two kept."""

import hashlib
import io
import os
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core.files import sync_folder
from core.jobs.runner.remote_files import Mirror
from core.progress import Arrays
from core.workspace import Workspace

KEPT = 2
FOLDER = "checkpoints"


@dataclass(frozen=True)
class Pointer:
    """What the store knows of a checkpoint file."""

    name: str
    sha256: str
    size_bytes: int

    def to_dict(self) -> dict[str, Any]:
        """Return the pointer as plain JSON."""
        return asdict(self)


def encode(state: Arrays, file: BinaryIO) -> None:
    """Write `state` as an .npz file: uncompressed, plain numbers only, any array names.

    Straight into the file: a second copy of a large network's state would not fit beside it.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in state.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


def decode(content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of an .npz file that `encode` wrote."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def write(folder: Path, name: str, state: Arrays) -> Pointer:
    """Write a checkpoint durably and atomically: it is there completely, or not at all.

    Raises OSError, for instance on a full disk; then nothing is left behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{name}.part"
    try:
        with open(temporary, "w+b") as file:
            encode(state, file)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            pointer = Pointer(name, hashlib.file_digest(file, "sha256").hexdigest(), file.tell())
        os.replace(temporary, folder / name)
    except Exception:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    return pointer


def read(folder: Path, pointer: Pointer) -> dict[str, np.ndarray] | None:
    """Return a checkpoint's arrays, or None when its file is missing or damaged."""
    try:
        content = (folder / pointer.name).read_bytes()
    except FileNotFoundError:
        return None
    if hashlib.sha256(content).hexdigest() != pointer.sha256:
        return None
    return decode(content)


def collect(folder: Path, kept: list[Pointer], attempt: int) -> list[Path]:
    """Delete files of this and earlier attempts that no pointer names, and return them.

    Files of later attempts are left alone: a runner that was fenced may still think it is alone.
    """
    names = {pointer.name for pointer in kept}
    found = [path for path in folder.glob("*.npz*") if path.name not in names]
    gone = [path for path in found if attempt_of(path) <= attempt]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


class CheckpointFolder:
    """The checkpoints of one job: here, and copied to the mirror when there is one."""

    def __init__(self, workspace: Workspace, job_id: str, mirror: Mirror | None) -> None:
        self._workspace, self._mirror = workspace, mirror
        self.folder = workspace.artifacts(job_id) / FOLDER

    def write(self, name: str, state: Arrays) -> Pointer:
        """Write a checkpoint durably. Raises OSError."""
        pointer = write(self.folder, name, state)
        if self._mirror is not None:
            self._mirror.put(self._workspace, self.folder / name)
        return pointer

    def read(self, pointer: Pointer) -> dict[str, np.ndarray] | None:
        """Return a checkpoint's arrays, or None when it is missing or damaged."""
        if self._mirror is not None:
            self._mirror.fetch(self._workspace, self.folder / pointer.name)
        return read(self.folder, pointer)

    def collect(self, kept: list[Pointer], attempt: int) -> None:
        """Delete files of this and earlier attempts that are not kept."""
        for path in collect(self.folder, kept, attempt):
            if self._mirror is not None:
                self._mirror.put(self._workspace, path)


def attempt_of(path: Path) -> int:
    """Return the attempt that wrote a checkpoint file called attempt-count.npz."""
    first = path.name.partition("-")[0]
    return int(first) if first.isdigit() else 0
