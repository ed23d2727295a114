"""The child's side of parsing: give up all rights, read, answer with arrays and plain JSON."""

import importlib
import io
import json
import mmap
import os
import signal
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core import errors
from core.archives.confinement import ESSENTIAL, limit_resources, lock_down
from core.archives.limits import Limits
from core.processes import end_with
from core.text import binary_size

Tell = Callable[[float, str], None]  # (share done, what is being read)
ALLOW_UNCONFINED = "PARETO_LAB_ALLOW_UNCONFINED"  # "1": read uploads on machines without seccomp
ANSWER, ARRAYS, SPOOL, PROGRESS = "answer.json", "arrays.npy", "spool", "progress"
REQUEST = "request.json"


def too_much_memory(limits: Limits) -> str:
    """Return the sentence for a file that needs more memory than is allowed."""
    return (
        f"Reading the file takes more than the {binary_size(limits.memory_bytes)} of memory that "
        f"are allowed. {limits.remedy}"
    )


class Source(io.BufferedReader):
    """The uploaded file as the child sees it, with a place for unpacked bytes and for progress."""

    def __init__(self, file: io.FileIO, spool: BinaryIO, tell: Tell, limits: Limits) -> None:
        """spool: an empty scratch file, open for reading and writing."""
        super().__init__(file)
        self.spool, self.say, self.limits = spool, tell, limits
        self.size = max(1, os.fstat(file.fileno()).st_size)

    def spooled(self) -> memoryview:
        """Return what was written to the spool, mapped instead of copied."""
        self.spool.flush()
        size = self.spool.seek(0, io.SEEK_END)
        if size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(self.spool.fileno(), size, access=mmap.ACCESS_READ))


def _child(request: dict[str, Any]) -> None:
    """Load the reader, give up all rights, read, answer."""
    end_with(request["parent"])
    limits = Limits(**request["limits"])
    if hasattr(signal, "SIGXFSZ"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that it becomes an OSError with a reason
    with (
        Path(SPOOL).open("w+b") as spool,
        Path(ANSWER).open("wb") as answer_file,
        Path(ARRAYS).open("wb") as arrays_file,
        Path(PROGRESS).open("wb") as progress_file,
    ):
        module, _, name = request["reader"].partition(":")
        function = getattr(importlib.import_module(module), name)
        protections = limit_resources(limits) + lock_down(Path.cwd())
        source = Source(io.FileIO(0, closefd=False), spool, _teller(progress_file), limits)

        def read() -> Any:
            if request["needs_confinement"]:
                check_confined(protections)
            return function(source, **request["arguments"])

        answer = _read(read, arrays_file, limits)
        answer_file.write(json.dumps(answer | {"protections": protections}).encode())


def check_confined(protections: Collection[str]) -> None:
    """Raise UploadError if a protection is missing without which strangers' files are not read."""
    missing = sorted(ESSENTIAL - set(protections))
    if missing:
        raise errors.UploadError(
            "This machine cannot confine the process that reads uploaded files "
            f"({', '.join(missing)} is missing), so they are refused. To read files of people you "
            f"trust all the same, start with {ALLOW_UNCONFINED}=1."
        )


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
        return _refusal("UploadError", too_much_memory(limits))
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
    _child(json.loads(Path(REQUEST).read_text("utf-8")))
