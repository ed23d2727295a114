"""What a run's zip holds, unpacked by the confined child: a stranger's files, within limits."""

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any, BinaryIO

from core.archives.extract import extract
from core.archives.limits import MIB, Limits
from core.errors import UploadError
from core.jobs.transfer.bundle import FILE_NAME, MANIFEST
from core.names import plain_name

ID = re.compile(r"[0-9a-f]{16}")
# A few megabytes of text can say a gigabyte of numbers and brackets.
MOST_TEXT_BYTES = 32 * MIB
MOST_VALUES = 1_000_000
AGAIN = "Export the run again."


class Members:
    """The files of a bundle by their names in it, as they lie in a folder of the caller's."""

    def __init__(self, content: Path | BinaryIO, folder: Path, limits: Limits) -> None:
        """Open the zip. Raises UploadError if it is none, breaks a limit, or holds other things."""
        try:
            found = extract(content, folder, limits)
        except UploadError as error:
            raise UploadError(f"This is not a whole zip of an exported run. {error}") from error
        self._paths = {each.name: each.path for each in found if each.path is not None}
        self._text_bytes = self._values = 0
        for name in self._paths:
            if not _belongs(name):
                raise UploadError(
                    f"The zip member {plain_name(name)} does not belong to a run. {AGAIN}"
                )

    def object(self, name: str) -> dict[str, Any]:
        """Return the JSON object of this name. Raises UploadError if it is none."""
        text = self.text(name)
        self._values += 1 + sum(map(text.count, ",[{"))
        if self._values > MOST_VALUES:
            raise UploadError(f"{name} in the zip says too much. Export single runs instead.")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UploadError(f"{name} in the zip is not JSON. {AGAIN}") from error
        if not isinstance(value, dict):
            raise UploadError(f"{name} in the zip is not a record. {AGAIN}")
        return value

    def text(self, name: str) -> str:
        """Return the text of this name. Raises UploadError if it is none, or one too many."""
        path = self._path(name)
        self._text_bytes += path.stat().st_size
        if self._text_bytes > MOST_TEXT_BYTES:
            raise UploadError("The zip holds too much text. Export single runs instead.")
        try:
            return path.read_bytes().decode()
        except UnicodeDecodeError as error:
            raise UploadError(f"{name} in the zip is not a text. {AGAIN}") from error

    def move(self, name: str, target: Path, sha256: str) -> Path:
        """Move a file to `target`. Raises UploadError unless its content has this SHA-256."""
        path = self._path(name)
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise UploadError(f"{name} in the zip is damaged. {AGAIN}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)
        return target

    def _path(self, name: str) -> Path:
        path = self._paths.get(name)
        if path is None or not path.is_file():
            raise UploadError(f"{name} is missing in the zip. {AGAIN}")
        return path


def _belongs(name: str) -> bool:
    if name == MANIFEST:
        return True
    parts = name.split("/", 3)
    if len(parts) < 3 or parts[0] != "runs" or not ID.fullmatch(parts[1]):
        return False
    is_file = parts[2] == "files" and len(parts) == 4 and FILE_NAME.fullmatch(parts[3])
    return bool(is_file) or "/".join(parts[2:]) in ("run.json", "history.csv")
