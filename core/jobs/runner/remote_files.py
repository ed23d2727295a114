"""The files of runs in a second place that all hosts reach, for clusters without a shared folder.

PARETO_LAB_ARTIFACTS names it: a path, or any URL that fsspec knows (s3://…, gs://…).
"""

import os
from pathlib import Path
from typing import Any

from core.errors import StoreError
from core.files import atomic_write
from core.workspace import Workspace

VARIABLE = "PARETO_LAB_ARTIFACTS"
INPUTS = ("datasets", "weights", "networks", "uploads")  # named by their digest: only ever added to
NOT_RESULTS = "checkpoints"  # copied one by one, when they are written


class Mirror:
    """Copies files between a workspace and the place all hosts reach."""

    def __init__(self, url: str) -> None:
        """Open the address. Raises StoreError if it, or the package that serves it, is missing."""
        import fsspec

        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise StoreError(
                f"{VARIABLE} is {url!r}, which cannot be opened ({error}). "
                "Use a folder, or install the fsspec package for this kind of address."
            ) from error

    def put(self, workspace: Workspace, path: Path) -> None:
        """Copy one file of the workspace there, or delete it there when it is gone here."""
        name = self._name(workspace, path)
        if path.is_file():
            self._files.makedirs(name.rpartition("/")[0], exist_ok=True)
            self._files.put_file(str(path), name)
        elif self._files.exists(name):
            self._files.rm_file(name)

    def fetch(self, workspace: Workspace, path: Path) -> bool:
        """Copy one file here unless it is here already; return whether it is here now."""
        if path.is_file():
            return True
        name = self._name(workspace, path)
        if not self._files.exists(name):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as part:
            self._files.get_file(name, str(part))
        return True

    def put_folder(self, workspace: Workspace, folder: Path) -> None:
        """Copy every result file of a folder there that is not there yet or has another size."""
        there = self._sizes(self._name(workspace, folder))
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name, hidden = self._name(workspace, path), path.name[0] == "."
            known = there.get(name) == path.stat().st_size
            if not known and not hidden and NOT_RESULTS not in path.relative_to(folder).parts:
                self.put(workspace, path)

    def fetch_folder(self, workspace: Workspace, folder: Path) -> None:
        """Copy every result file of a folder here that is not here yet."""
        top = self._name(workspace, folder)
        for name in self._sizes(top):
            path = folder / name[len(top) + 1 :]
            if NOT_RESULTS not in path.relative_to(folder).parts:
                self.fetch(workspace, path)

    def _sizes(self, folder: str) -> dict[str, int]:
        found: dict[str, Any] = self._files.find(folder, detail=True)
        return {name: int(facts["size"]) for name, facts in found.items()}

    def _name(self, workspace: Workspace, path: Path) -> str:
        return f"{self._root}/{path.relative_to(workspace.root).as_posix()}"


def open_mirror() -> Mirror | None:
    """Return the mirror that PARETO_LAB_ARTIFACTS names, or None."""
    url = os.environ.get(VARIABLE)
    return Mirror(url) if url else None


def give_inputs(mirror: Mirror, workspace: Workspace) -> None:
    """Copy what jobs start from, data sets and uploaded weights, to where workers find it."""
    for name in INPUTS:
        mirror.put_folder(workspace, workspace.root / name)


def take_inputs(mirror: Mirror, workspace: Workspace) -> None:
    """Copy what jobs start from to this host."""
    for name in INPUTS:
        mirror.fetch_folder(workspace, workspace.root / name)
