"""Lists beside a flat folder of images that say which class each shows, as Tiny ImageNet has."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from core.archives.limits import MIB
from core.archives.members import Member
from core.data.uploads.class_folders.tree import Folder

ENDINGS = (".txt", ".csv", ".tsv")
LONGEST_LIST = 8 * MIB
MOST_COLUMNS = 32
SEPARATORS = ("\t", ",", ";", " ")
# What the column of the classes is called, where several columns hold names of classes.
HEADINGS = frozenset(
    (
        *("label", "labels", "class", "classid", "class_id", "classname", "class_name"),
        *("category", "target", "species", "y"),
    )
)
Rows = list[list[str]]


def classes_by_list(
    folder: Folder, others: Iterable[Member], classes: set[str]
) -> tuple[Member, dict[str, str]] | None:
    """Return (the list, image name -> class) of a list that names every image of the folder.

    others: the archive's other files; a list lies beside the images or in a folder around them.
    A line has the image's file name, with or without its ending, in one column and the name of one
    of `classes` in another. A competition's sample of a submission names every image as well, with
    classes that mean nothing: it is no list.
    """
    wanted = {PurePosixPath(image.name).name for image in folder.files}
    for member in others:
        is_near = folder.path[: len(member.parts) - 1] == member.parts[:-1]
        if is_near and member.name.lower().endswith(ENDINGS) and _is_list(member):
            found = _read(str(member.content, "utf-8-sig", "replace"), wanted, classes)
            if found is not None:
                return member, found
    return None


def _is_list(member: Member) -> bool:
    return len(member.content) <= LONGEST_LIST and "submission" not in member.parts[-1].lower()


def _read(text: str, wanted: set[str], classes: set[str]) -> dict[str, str] | None:
    """Return image name -> class if one column names every wanted image and one its class."""
    names = _by_stem(wanted)
    for separator in SEPARATORS:
        rows = [_cells(line, separator) for line in text.splitlines()]
        for column in range(min(MOST_COLUMNS, max(map(len, rows), default=0))):
            found = _named(rows, column, names)
            labels = (
                _one_class_each(found, column, rows[0], classes) if set(found) == wanted else {}
            )
            if labels:
                return labels
    return None


def _by_stem(wanted: set[str]) -> dict[str, str]:
    """Return what a list may call each image -> its file name: itself, or without the ending."""
    stems: dict[str, list[str]] = {}
    for name in wanted:
        stems.setdefault(PurePosixPath(name).stem, []).append(name)
    alone = {stem: names[0] for stem, names in stems.items() if len(names) == 1}
    return alone | {name: name for name in wanted}


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(separator, MOST_COLUMNS)]


def _named(rows: Rows, column: int, names: Mapping[str, str]) -> dict[str, list[str]]:
    """Return image name -> its row, of the rows whose column names an image."""
    return {
        names[name]: row
        for row in rows
        if len(row) > column
        and (name := row[column].replace("\\", "/").rpartition("/")[2]) in names
    }


def _one_class_each(
    rows: Mapping[str, list[str]], named: int, first: list[str], classes: set[str]
) -> dict[str, str]:
    """Return image name -> class if it is certain which column has the classes, else {}.

    One class for all images is what a form that is to be filled in says.
    """
    width = min(map(len, rows.values()))
    fitting = [
        column
        for column in range(width)
        if column != named and all(row[column] in classes for row in rows.values())
    ]
    if len(fitting) > 1:  # sides of a box may be numbers of classes by chance
        headed = [c for c in fitting if c < len(first) and first[c].strip().lower() in HEADINGS]
        fitting = headed or fitting
    found = [{name: row[column] for name, row in rows.items()} for column in fitting]
    is_one = bool(found) and all(each == found[0] for each in found)
    is_form = is_one and len(rows) > 1 and len(set(found[0].values())) == 1
    return found[0] if is_one and not is_form else {}
