"""The parent's side of the parsing child: started with nothing but its request, watched, ended."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core import errors
from core.archives.child import ANSWER, PROGRESS, REQUEST, Tell
from core.archives.limits import Limits, too_large
from core.processes import module_command, module_variables

KEPT_ENVIRONMENT = ("PATH", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
POLL_SECONDS = 0.05
LONGEST_MESSAGE = 300  # bytes
FAILED = (
    "The file made its reader fail, so it was refused. "
    "Export it again, or convert it to another of the accepted formats."
)


def execute(
    request: Mapping[str, Any], source: Path, limits: Limits, folder: Path, tell: Tell
) -> None:
    """Let a child read `source` in `folder` until it has answered there or a limit ends it.

    tell: called with (share done, what is being read). Raises UploadError when a limit was hit.
    """
    # In a file: an argument may have 128 KiB on Linux, which networks of 700 layers go beyond.
    (folder / REQUEST).write_text(json.dumps(request), "utf-8")
    with source.open("rb") as stdin, (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            module_command("core.archives.child"),
            stdin=stdin,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=environment(folder),
            start_new_session=True,
        )
        try:
            _wait(child, limits, folder, tell)
        finally:
            _end(child)


def environment(folder: Path) -> dict[str, str]:
    """Return the little a parser needs: no secrets, no home folder, no extra threads."""
    kept = {k: v for k, v in os.environ.items() if k in KEPT_ENVIRONMENT}
    return kept | {
        **module_variables(),
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
                raise errors.UploadError(_too_long(limits.wall_seconds, limits)) from None
    answer = folder / ANSWER
    if status != 0 and not (answer.is_file() and answer.stat().st_size):
        raise errors.UploadError(_reason_of_end(status, limits))


def _pass_on_progress(folder: Path, tell: Tell) -> None:
    with contextlib.suppress(OSError, ValueError):
        with (folder / PROGRESS).open("rb") as file:  # the child may have written anything
            said = file.read(LONGEST_MESSAGE).decode("utf-8", "replace").rstrip("\0 ")
        share, _, message = said.partition(" ")
        if 0 <= float(share) <= 1:
            tell(float(share), message)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
        child.wait()


def _too_long(seconds: float, limits: Limits) -> str:
    return (
        f"Reading the file took longer than {seconds:.0f} seconds, so it was refused. "
        f"{limits.remedy}"
    )


def _reason_of_end(status: int, limits: Limits) -> str:
    signals = {-getattr(signal, name, 0): name for name in ("SIGXCPU", "SIGXFSZ", "SIGKILL")}
    if signals.get(status) == "SIGXCPU" or signals.get(status) == "SIGKILL":
        return _too_long(limits.cpu_seconds, limits)
    if signals.get(status) == "SIGXFSZ":
        return str(too_large(limits))
    return FAILED
