"""Parsing of strangers' files in a child process with limits; its answer is arrays and plain JSON.

The parent never looks into the file. The child reads it from its standard input, writes the
arrays one after another in NumPy's .npy format (no pickles) and a JSON summary, and ends.
"""

import contextlib
import importlib
import io
import json
import mmap
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core import errors
from core.data.confinement import limit_resources, lock_down
from core.data.limits import LIMITS, MIB, Limits, size_text
from core.workspace import open_workspace

Content = bytes | bytearray | memoryview | Path | BinaryIO
Tell = Callable[[float, str], None]  # (share done, what is being read)

PROJECT = Path(__file__).resolve().parents[2]
ANSWER, ARRAYS, SPOOL, PROGRESS = "answer.json", "arrays.npy", "spool", "progress"
FORGOTTEN_SECONDS = 24 * 3600
POLL_SECONDS = 0.05
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
) -> Answer:
    """Run `reader` ("module:function") on the content in a child and return its answer.

    The function is called as function(source, **arguments) and returns (fields, arrays). The
    scratch folder is gone afterwards, whatever happened. Raises the LabError the reader raised,
    or UploadError if a limit was hit.
    """
    scratch = scratch or open_workspace().scratch
    _forget_old(scratch)
    with _disk_errors_as_sentences():
        folder = Path(tempfile.mkdtemp(prefix="upload-", dir=scratch))
        try:
            source = _as_file(content, folder, limits)
            _execute(reader, source, arguments, limits, folder, tell or _nobody)
            return _answer(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _nobody(share: float, message: str) -> None:
    """Ignore progress."""


@contextlib.contextmanager
def _disk_errors_as_sentences() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise errors.UploadError(
            f"The file could not be worked on ({error.strerror or error}). "
            "Free some disk space and upload it again; nothing was stored."
        ) from error


def _forget_old(scratch: Path) -> None:
    """Remove what a killed server left behind."""
    for folder in scratch.glob("upload-*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > FORGOTTEN_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


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
            f"The file has {size_text(size)}, more than the {size_text(limits.upload_bytes)} "
            "that are accepted. Upload fewer or smaller images."
        )
    if size == 0:
        raise errors.UploadError("The file is empty. Export it again and upload the new file.")


def _execute(
    reader: str,
    source: Path,
    arguments: Mapping[str, Any],
    limits: Limits,
    folder: Path,
    tell: Tell,
) -> None:
    orders = json.dumps({"reader": reader, "arguments": arguments, "limits": asdict(limits)})
    with source.open("rb") as stdin, (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "core.data.sandbox", orders],
            stdin=stdin,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
        try:
            _wait(child, limits, folder, tell)
        finally:
            _end(child)


def _environment(folder: Path) -> dict[str, str]:
    """Return the little a parser needs: no secrets, no home folder, no extra threads."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "SYSTEMROOT")}
    return kept | {
        "PYTHONPATH": str(PROJECT),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "HDF5_PLUGIN_PATH": str(folder),  # no filter plug-ins from elsewhere
        "HDF5_USE_FILE_LOCKING": "FALSE",
        "TMPDIR": str(folder),
    }


def _wait(child: subprocess.Popen[bytes], limits: Limits, folder: Path, tell: Tell) -> None:
    """Wait for the child, passing on its progress; raise UploadError when a limit ended it."""
    deadline = time.monotonic() + limits.wall_seconds
    while True:
        try:
            status = child.wait(POLL_SECONDS)
            break
        except subprocess.TimeoutExpired:
            _pass_on_progress(folder, tell)
            if time.monotonic() > deadline:
                raise errors.UploadError(_too_long(limits.wall_seconds)) from None
    if status != 0 and not (folder / ANSWER).stat().st_size:
        raise errors.UploadError(_reason_of_end(status, limits))


def _pass_on_progress(folder: Path, tell: Tell) -> None:
    with contextlib.suppress(OSError, ValueError):
        share, _, message = (folder / PROGRESS).read_text("utf-8").rstrip("\0 ").partition(" ")
        tell(float(share), message)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
        child.wait()


def _too_long(seconds: float) -> str:
    return (
        f"Reading the file took longer than {seconds:.0f} seconds, so it was refused. "
        "Upload fewer images, or arrays instead of image files."
    )


def _reason_of_end(status: int, limits: Limits) -> str:
    signals = {-getattr(signal, name, 0): name for name in ("SIGXCPU", "SIGXFSZ", "SIGKILL")}
    if signals.get(status) == "SIGXCPU" or signals.get(status) == "SIGKILL":
        return _too_long(limits.cpu_seconds)
    if signals.get(status) == "SIGXFSZ":
        return _too_large(limits)
    return (
        "The file made its reader fail, so it was refused. "
        "Export it again, or convert it to another of the accepted formats."
    )


def _too_large(limits: Limits) -> str:
    return (
        f"Unpacked, the file is larger than the {size_text(limits.unpacked_bytes)} that are "
        "accepted. Upload fewer or smaller images."
    )


def _too_much_memory(limits: Limits) -> str:
    return (
        f"Reading the file takes more than the {size_text(limits.memory_bytes)} of memory that are "
        "allowed. Upload fewer or smaller images, as NumPy arrays of bytes (uint8)."
    )


def _answer(folder: Path) -> Answer:
    if (folder / ANSWER).stat().st_size > LARGEST_ANSWER:
        raise errors.UploadError("The file names far too many things. Upload a smaller one.")
    answer = json.loads((folder / ANSWER).read_text("utf-8"))
    if "error" in answer:
        raise getattr(errors, answer["error"])(answer["sentence"])
    with (folder / ARRAYS).open("rb") as file:
        arrays = {name: np.load(file, allow_pickle=False) for name in answer["arrays"]}
    return Answer(answer["fields"], arrays, tuple(answer["protections"]))


class Source(io.BufferedReader):
    """The uploaded file as the child sees it, with a place for unpacked bytes and for progress."""

    def __init__(self, file: io.FileIO, spool: BinaryIO, tell: Tell, limits: Limits) -> None:
        """spool: an empty scratch file, open for reading and writing."""
        super().__init__(file)
        self.spool, self.say, self.limits = spool, tell, limits

    def spooled(self) -> memoryview:
        """Return what was written to the spool, mapped instead of copied."""
        self.spool.flush()
        size = self.spool.seek(0, io.SEEK_END)
        if size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(self.spool.fileno(), size, access=mmap.ACCESS_READ))


def _child(orders: dict[str, Any]) -> None:
    """Load the reader, give up all rights, read, answer."""
    limits = Limits(**orders["limits"])
    if hasattr(signal, "SIGXFSZ"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that it becomes an OSError with a reason
    with (
        Path(SPOOL).open("w+b") as spool,
        Path(ANSWER).open("wb") as answer_file,
        Path(ARRAYS).open("wb") as arrays_file,
        Path(PROGRESS).open("wb") as progress_file,
    ):
        module, _, name = orders["reader"].partition(":")
        function = getattr(importlib.import_module(module), name)
        protections = limit_resources(limits) + lock_down()
        source = Source(io.FileIO(0, closefd=False), spool, _teller(progress_file), limits)
        answer = _read(lambda: function(source, **orders["arguments"]), arrays_file, limits)
        answer_file.write(json.dumps(answer | {"protections": protections}).encode())


def _teller(file: BinaryIO) -> Tell:
    def tell(share: float, message: str) -> None:
        file.seek(0)
        file.write(f"{share:.3f} {message[:60]}".encode()[:200].ljust(200))
        file.flush()

    return tell


def _read(read: Callable[[], Any], arrays_file: BinaryIO, limits: Limits) -> dict[str, Any]:
    try:
        fields, arrays = read()
        for array in arrays.values():
            np.save(arrays_file, array, allow_pickle=False)
        arrays_file.flush()
        return {"fields": fields, "arrays": list(arrays)}
    except errors.LabError as error:
        return _refusal(type(error).__name__, str(error))
    except MemoryError:
        return _refusal("UploadError", _too_much_memory(limits))
    except OSError as error:
        return _refusal("UploadError", _disk_sentence(error))
    except Exception as error:  # the last line of defence: a reader's defect is still an answer
        print(f"unexpected: {error!r}", file=sys.stderr)
        return _refusal("UploadError", _damaged_sentence(type(error).__name__))


def _refusal(error: str, sentence: str) -> dict[str, Any]:
    return {"error": error, "sentence": sentence}


def _disk_sentence(error: OSError) -> str:
    return (
        f"The file could not be unpacked ({error.strerror or error}). "
        "It is larger than accepted, or the disk is full; nothing was stored."
    )


def _damaged_sentence(kind: str) -> str:
    return (
        f"The file is damaged or not what its content claims to be ({kind}). "
        "Export it again and upload the new file."
    )


if __name__ == "__main__":
    _child(json.loads(sys.argv[1]))
