"""Clients' own data (LEAF) kept for federated runs, each upload under the digest of its bytes."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from core.archives.sandbox import Content
from core.data.uploads import leaf
from core.errors import NotFoundError
from core.files import atomic_write, storage_errors
from core.workspace import Workspace

LEAF_PREFIX = "leaf:"


@dataclass(frozen=True)
class KeptClients:
    """data: what a federated run calls these clients. notes: what reading them converted."""

    data: str
    clients: int
    notes: tuple[str, ...]


def keep_leaf(workspace: Workspace, content: Content) -> KeptClients:
    """Check a LEAF document, or an archive of them, and keep it under the digest of its bytes.

    Raises UploadError if it cannot be read as clients, StoreError when there is no room for it.
    """
    found = leaf.inspect(content, scratch=workspace.scratch)
    whole = _bytes_of(content)
    digest = hashlib.sha256(whole).hexdigest()[:16]
    with (
        storage_errors("The clients' data", workspace.datasets),
        atomic_write(_path(workspace.datasets, digest)) as part,
    ):
        part.write_bytes(whole)
    return KeptClients(LEAF_PREFIX + digest, len(found.users), found.notes)


def _bytes_of(content: Content) -> bytes:
    if isinstance(content, Path):
        return content.read_bytes()
    if isinstance(content, bytes | bytearray | memoryview):
        return bytes(content)
    content.seek(0)
    return content.read()


def _path(datasets: Path, digest: str) -> Path:
    return datasets / f"{digest}.leaf.json"


def leaf_file(datasets: Path, data: str) -> Path:
    """Return the file of kept clients; data: what a federated run calls them, "leaf:…".

    Raises NotFoundError if they are kept no more.
    """
    digest = data.removeprefix(LEAF_PREFIX)
    if not digest.isalnum() or not _path(datasets, digest).is_file():
        raise NotFoundError("The clients' file of this run is gone. Upload it again.")
    return _path(datasets, digest)
