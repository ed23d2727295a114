"""The members of an archive: their names, checked and never used as paths, and their bytes."""

import unicodedata
from dataclasses import dataclass

from core.errors import UploadError
from core.names import plain_name

LONGEST_NAME = 1024
# Files and folders that Windows, macOS and network drives add.
ADDED = frozenset(
    ("thumbs.db", "desktop.ini", "icon\r", "@eadir", "$recycle.bin", "system volume information")
)


@dataclass(frozen=True)
class Member:
    """One unpacked file: its name as stored (checked, never used as a path) and its bytes."""

    name: str
    content: memoryview

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders and the file name."""
        return tuple(part for part in self.name.split("/") if part not in ("", "."))

    @property
    def shown(self) -> str:
        """The name as messages show it."""
        return plain_name(self.name)


@dataclass(frozen=True)
class Packed:
    """Everything an archive holds: its files, and its folders where the archive lists them."""

    members: list[Member]
    folders: frozenset[str]


def is_ignored(name: str) -> bool:
    """Tell whether a member is what operating systems add without being asked."""
    parts = [part for part in name.split("/") if part]
    own = [part for part in parts if part not in (".", "..")]
    return not own or any(
        part.startswith((".", "__MACOSX")) or part.lower() in ADDED for part in own
    )


def checked_name(name: str) -> str:
    """Return the member's name with "/" between folders, as Windows packers mean their "\\".

    Letters with marks are one character each, however a system stores them (macOS as two).

    Raises UploadError if the name points outside the archive or is too long to be one.
    """
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    is_outside = name.startswith("/") or "\0" in name or ".." in name.split("/") or name[1:2] == ":"
    if is_outside:
        raise UploadError(
            f"The archive's member {plain_name(name)} points outside the archive. "
            "Pack it again with plain relative names."
        )
    if len(name) > LONGEST_NAME:
        raise UploadError(
            f"A member's name is longer than {LONGEST_NAME:,} characters. Pack it again."
        )
    return name.removeprefix("./")
