"""What a stranger's file holds, told by names alone: images, or clients of a federation."""

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from core.archives import archive, sandbox
from core.archives.child import Source
from core.archives.limits import LIMITS
from core.archives.sandbox import Content
from core.data.uploads.class_folders.pictures import ENDINGS

ARRAYS = {".npy", ".pkl", ".pickle", ".npz"}
CLIENTS, IMAGES = "clients", "images"


def kind_of(content: Content, *, scratch: Path | None = None) -> str:
    """Return CLIENTS for LEAF's JSON, alone or in an archive, else IMAGES.

    Whether it is a good one of its kind is for its reader to say. Looked at in a limited child.
    Raises UploadError for archives that are damaged or suspicious.
    """
    answer = sandbox.run(
        "core.data.uploads.contents:parse", content, {}, limits=LIMITS, scratch=scratch
    )
    return str(answer.fields["kind"])


def parse(source: Source) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Entry in the child: return ({kind}, nothing)."""
    names = archive.member_names(source)
    if names is not None:
        return {"kind": CLIENTS if are_clients(names) else IMAGES}, {}
    start = source.read(512).removeprefix(b"\xef\xbb\xbf").lstrip()
    return {"kind": CLIENTS if start.startswith(b"{") else IMAGES}, {}


def are_clients(names: list[str]) -> bool:
    """Tell whether an archive's members are client data: JSON, and nothing that holds images."""
    endings = {PurePosixPath(name).suffix.lower() for name in names}
    return ".json" in endings and not endings & (ENDINGS | ARRAYS)
