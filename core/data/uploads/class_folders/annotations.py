"""Lists beside a flat folder of images that say which class each shows, as Tiny ImageNet has."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from core.archives.limits import MIB
from core.archives.members import Member
from core.data.uploads.class_folders.tree import Folder

ENDINGS = (".txt", ".csv", ".tsv")
LONGEST_LIST = 8 * MIB


def classes_by_list(
    folder: Folder, others: Iterable[Member], classes: set[str]
) -> tuple[Member, dict[str, str]] | None:
    """Return (the list, image name -> class) of a list that names every image of the folder.

    others: the archive's other files; a list lies beside the images or in a folder around them.
    A line is the image's file name and, in one of the next columns, the name of one of `classes`.
    """
    wanted = {PurePosixPath(image.name).name for image in folder.files}
    for member in others:
        is_near = folder.path[: len(member.parts) - 1] == member.parts[:-1]
        if is_near and member.name.lower().endswith(ENDINGS) and _is_short(member):
            found = _read(str(member.content, "utf-8", "replace"), wanted, classes)
            if found is not None:
                return member, found
    return None


def _is_short(member: Member) -> bool:
    return len(member.content) <= LONGEST_LIST


def _read(text: str, wanted: set[str], classes: set[str]) -> dict[str, str] | None:
    """Return image name -> class if one column holds a class for every wanted image."""
    rows: dict[str, list[str]] = {}
    for line in text.splitlines():
        first, *rest = [cell.strip().strip('"') for cell in re.split("[\t,; ]", line)]
        name = first.rsplit("/", 1)[-1]
        if name in wanted:
            rows[name] = rest
    if set(rows) != wanted:
        return None
    for column in range(min(map(len, rows.values()), default=0)):
        if all(row[column] in classes for row in rows.values()):
            return {name: row[column] for name, row in rows.items()}
    return None
