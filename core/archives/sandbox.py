"""Parsing of strangers' files in a child process with limits; its answer is arrays and plain JSON.

The parent never looks into the file. The child reads it from its standard input, writes the
arrays one after another in NumPy's .npy format (no pickles) and a JSON summary, and ends.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core import errors
from core.archives.child import ALLOW_UNCONFINED, ANSWER, ARRAYS, SPOOL, Tell
from core.archives.child_process import FAILED, execute
from core.archives.limits import LIMITS, MIB, Limits
from core.files import remedy_for
from core.stale_files import remove_stale, scratch_folder
from core.text import binary_size

Content = bytes | bytearray | memoryview | Path | BinaryIO
LARGEST_ANSWER = 16 * MIB


@dataclass(frozen=True)
class Answer:
    """What a reader found: JSON values and arrays, plus how the child was confined."""

    fields: dict[str, Any]
    arrays: dict[str, np.ndarray]
    protections: tuple[str, ...]


def run(
    reader: str,
    content: Content,
    arguments: Mapping[str, Any],
    *,
    limits: Limits = LIMITS,
    scratch: Path | None = None,
    tell: Tell | None = None,
    needs_confinement: bool = True,
) -> Answer:
    """Run `reader` ("module:function") on the content in a child and return its answer.

    The function is called as function(source, **arguments) and returns (fields, arrays). The
    scratch folder is gone afterwards, whatever happened. needs_confinement: refuse where this
    machine cannot confine the child, unless the environment says otherwise. Raises the LabError the
    reader raised, or UploadError if a limit was hit.
    """
    with parsed(
        reader,
        content,
        arguments,
        limits=limits,
        scratch=scratch,
        tell=tell,
        needs_confinement=needs_confinement,
    ) as (answer, _):
        return answer


@contextlib.contextmanager
def parsed(
    reader: str,
    content: Content,
    arguments: Mapping[str, Any],
    *,
    limits: Limits,
    scratch: Path | None = None,
    tell: Tell | None = None,
    needs_confinement: bool = True,
) -> Iterator[tuple[Answer, Path]]:
    """Do as `run` does and give the child's answer and its spool, which is gone afterwards.

    Raises the LabError the reader raised, or UploadError if a limit was hit or, in the body, the
    disk is full.
    """
    scratch = scratch or _own_scratch()
    remove_stale(scratch, "upload-*")
    with _disk_errors_as_sentences(scratch), scratch_folder(scratch, "upload-") as folder:
        source = _as_file(content, folder, limits)
        request = {
            "reader": reader,
            "arguments": arguments,
            "limits": asdict(limits),
            "parent": os.getpid(),
            "needs_confinement": needs_confinement and not is_unconfined_allowed(),
        }
        execute(request, source, limits, folder, tell or _nobody)
        yield _answer(folder), folder / SPOOL


def _own_scratch() -> Path:
    from core.workspace import open_workspace  # its packages are not in an autograder

    return open_workspace().scratch


def _nobody(share: float, message: str) -> None:
    """Ignore progress."""


@contextlib.contextmanager
def _disk_errors_as_sentences(scratch: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        room = "Free some disk space and upload it again; nothing was stored."
        raise errors.UploadError(
            f"The file could not be worked on ({error.strerror or error}). "
            + remedy_for(error, scratch, room)
        ) from error


def _as_file(content: Content, folder: Path, limits: Limits) -> Path:
    if isinstance(content, Path):
        if not content.is_file():
            raise errors.UploadError(f"{content.name} is no file. Check the path and try again.")
        _check_size(content.stat().st_size, limits)
        return content
    target = folder / "input"
    with target.open("wb") as file:
        if isinstance(content, bytes | bytearray | memoryview):
            _check_size(len(content), limits)
            file.write(content)
        else:
            if content.seekable():
                content.seek(0)
            shutil.copyfileobj(content, file, MIB)
            _check_size(file.tell(), limits)
    return target


def _check_size(size: int, limits: Limits) -> None:
    if size > limits.upload_bytes:
        raise errors.UploadError(
            f"The file has {binary_size(size)}, more than the {binary_size(limits.upload_bytes)} "
            f"that are accepted. {limits.remedy}"
        )
    if size == 0:
        raise errors.UploadError("The file is empty. Export it again and upload the new file.")


def is_unconfined_allowed() -> bool:
    """Tell whether uploads are read even where the child cannot be confined."""
    return os.environ.get(ALLOW_UNCONFINED) == "1"


def _answer(folder: Path) -> Answer:
    if (folder / ANSWER).stat().st_size > LARGEST_ANSWER:
        raise errors.UploadError("The file names far too many things. Upload a smaller one.")
    try:
        answer = json.loads((folder / ANSWER).read_text("utf-8"))
    except ValueError as error:  # cut off: the child may write no more
        raise errors.UploadError(FAILED) from error
    if "error" in answer:
        raise getattr(errors, answer["error"])(answer["sentence"])
    with (folder / ARRAYS).open("rb") as file:
        arrays = {name: np.load(file, allow_pickle=False) for name in answer["arrays"]}
    return Answer(answer["fields"], arrays, tuple(answer["protections"]))
