"""LEAF uploads kept for federated runs, each under the digest of its content."""

import hashlib
from pathlib import Path

from core.data.uploads import leaf
from core.files import atomic_write, storage_errors

LEAF_PREFIX = "leaf:"


def leaf_file(datasets: Path, digest: str) -> Path:
    """Return where a LEAF upload with this digest is kept."""
    return datasets / f"{digest}.leaf.json"


def keep_leaf(datasets: Path, source: Path) -> str:
    """Check a LEAF file, keep it under its digest and return what a federated run calls it.

    Raises UploadError if it cannot be read as clients, StoreError when there is no room for it.
    """
    leaf.read(source)
    content = source.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    with (
        storage_errors("The clients' data", datasets),
        atomic_write(leaf_file(datasets, digest)) as part,
    ):
        part.write_bytes(content)
    return LEAF_PREFIX + digest
