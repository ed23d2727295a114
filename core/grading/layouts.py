"""Whose a file is, as the exports of learning platforms name files and folders.

Each layout finds the person in one part of a path: a folder, a loose file, or a zip in the export.
Sources: the names that Canvas, Moodle, Blackboard and Brightspace give to downloaded submissions,
and GitHub Classroom to cloned repositories, as their manuals and public exports show them.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

Path = tuple[str, ...]
S = TypeVar("S", str, tuple[str, ...])


@dataclass(frozen=True)
class Whose:
    """One person as a path tells it.

    key: equal for all that one person handed in. number: tells people of one name apart.
    attempt: sorts what one person handed in at several times, "" where there is only one.
    inside: how many parts of the path are the person's and above.
    """

    key: str
    name: str
    number: str = ""
    attempt: str = ""
    inside: int = 1


@dataclass(frozen=True)
class Layout:
    """How one platform names what it exports.

    pattern: what a part of the path looks like; groups name, number, attempt, file. share: more
    than this share of all files must fit, for names that other files may have by chance.
    """

    platform: str
    pattern: re.Pattern[str]
    share: float = 0.5


DATE = r"\d{4}-\d{2}-\d{2}-\d{2}-\d{2}-\d{2}"
MOODLE = Layout(
    "Moodle",
    re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)", re.DOTALL),
    0.0,
)
BRIGHTSPACE = Layout(
    "Brightspace",
    re.compile(
        r"(?P<number>\d+-\d+) - (?P<name>.+?)"
        r"(?:(?: - |- (?=[A-Za-z]{3,9}\.? \d{1,2}, \d{4}|\d{1,2} [A-Za-z]))(?P<attempt>.*))?",
        re.DOTALL,
    ),
    0.0,
)
BLACKBOARD = Layout(
    "Blackboard",
    re.compile(rf"(?P<name>.+)_attempt_(?P<attempt>{DATE})(?:_(?P<file>.*)|\..*)?", re.DOTALL),
    0.0,
)
CANVAS = Layout(
    "Canvas",
    re.compile(
        r"(?P<name>[^_]+)(?:_LATE)?_(?P<number>\d+)_(?:\d+_(?P<file>.+)|(?:text|link)\.html)",
        re.DOTALL,
    ),
)
NUMBERED = Layout(
    "numbered",
    re.compile(r"(?P<name>[^\d_].*?)(?:_LATE)?_(?P<number>\d{3,})_(?P<file>[^_].*)", re.DOTALL),
)
LAYOUTS = (MOODLE, BRIGHTSPACE, BLACKBOARD, CANVAS, NUMBERED)


def told_by_platform(
    paths: Sequence[Path], bundle: str = "", users: Iterable[str] = ()
) -> dict[Path, Whose] | None:
    """Return whose each path is if a platform made them, None if no platform's names are there.

    Paths that do not fit the platform found (index.html, grades.csv) are left out.
    bundle: the export's file name. users: names of users that the export's own texts tell.
    """
    for layout in LAYOUTS:
        found = {path: whose for path in paths if (whose := _told(path, layout)) is not None}
        if found and len(found) > layout.share * len(paths):
            return _usernames(found, bundle, users) if layout is BLACKBOARD else found
    return None


def told_alone(path: Path) -> str | None:
    """Return the person that a single file's path tells, if a platform's name cannot be chance."""
    for layout in (MOODLE, BRIGHTSPACE, BLACKBOARD, CANVAS):
        whose = _told(path, layout)
        if whose is not None:
            return whose.name.rpartition("_")[2] if layout is BLACKBOARD else whose.name
    return None


def bare_name(file: str) -> str:
    """Return a file's own name without what a platform puts before it."""
    for layout in (MOODLE, BLACKBOARD, CANVAS):
        match = layout.pattern.fullmatch(file)
        if match is not None and match["file"]:
            return match["file"]
    return file


def _told(path: Path, layout: Layout) -> Whose | None:
    """Return the person in the first part of the path that the layout fits."""
    for place, part in enumerate(path):
        match = layout.pattern.fullmatch(part)
        if match is not None:
            known = {name: value or "" for name, value in match.groupdict().items()}
            name, number = known["name"].strip(), known.get("number", "")
            key = f"{name}\0{number}" if layout is not BRIGHTSPACE else number
            attempt = _sortable(known.get("attempt", ""))
            return Whose(key, name, number, attempt, place + 1)
    return None


MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
MONTH, DAY = r"(?P<month>[A-Za-z]{3})[a-z]*\.?", r"(?P<day>\d{1,2})\.?"
REST = r",? (?P<year>\d{4}),? (?P<hour>\d{1,2}):?(?P<minute>\d{2})(?: ?(?P<half>[AaPp])[Mm])?"
WRITTEN = (re.compile(f"{MONTH} {DAY}{REST}"), re.compile(f"{DAY} {MONTH}{REST}"))


def _sortable(attempt: str) -> str:
    """Return a date that sorts; "May 1, 2024 1005 AM" as Brightspace writes it, others unchanged.

    The day comes first where the institution's language has it so.
    Source: the folders of Brightspace's "Download" of assignment submissions.
    """
    found = next((match for each in WRITTEN if (match := each.match(attempt))), None)
    if found is None or found["month"].lower() not in MONTHS:
        return attempt
    hour = int(found["hour"]) % 12 if found["half"] else int(found["hour"])
    hour += 12 * (found["half"] in ("P", "p"))
    month, day = MONTHS[found["month"].lower()], int(found["day"])
    return f"{found['year']}-{month:02}-{day:02}-{hour:02}-{found['minute']}"


def common_start(texts: Sequence[S]) -> S:
    """Return what all of several texts, or of several paths, start with."""
    first, last = min(texts), max(texts)  # what these two share, all between them have
    same = (a == b for a, b in zip(first, last, strict=False))
    return first[: next((at for at, equal in enumerate(same) if not equal), len(first))]


def _usernames(found: dict[Path, Whose], bundle: str, users: Iterable[str]) -> dict[Path, Whose]:
    """Return Blackboard's people without the assignment's name, which all files start with."""
    heads = {whose.name for whose in found.values()}
    cut = len(_assignment(heads, bundle, users))
    return {
        path: Whose(w.name[cut:], w.name[cut:], w.name[cut:], w.attempt, w.inside)
        for path, w in found.items()
    }


def _assignment(heads: Collection[str], bundle: str, users: Iterable[str]) -> str:
    """Return what stands before the users' names, with its "_": the assignment's name.

    heads: of all files, as "HW_s_anna". A user whom a text names tells it; else the export's own
    name, gradebook_COURSE_HW_DATE.zip, ends in it; else it is all that the heads share.
    """
    common = common_start(list(heads))
    starts = [common[: at + 1] for at, character in enumerate(common) if character == "_"]
    known = {head[: -len(user)] for user in users for head in heads if head.endswith(f"_{user}")}
    told = [start for start in starts if start in known]
    title = _letters(re.sub(rf"_{DATE}|( \(\d+\))?\.zip$", "", bundle))
    named = [s for s in starts if any(title.endswith(letters) for letters in _written(s))]
    return next(iter((*told, *reversed(named), *reversed(starts))), "")


def _written(assignment: str) -> list[str]:
    """Return an assignment's letters as the export's name may have them: "20" for a space."""
    return [found for space in ("", "20") if (found := _letters(assignment.replace(" ", space)))]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


BRANCHES = ("-main", "-master")


def repositories(folders: Iterable[str], above: str) -> Callable[[str], str]:
    """Return what makes a person's name of the name of a repository that GitHub Classroom made.

    folders: of the people. above: the folder around them, "pruning-submissions" when GitHub's own
    command cloned them. A repository is called like the assignment, a hyphen and the person.
    """
    names = sorted(set(folders))
    assignment = above.removesuffix("-submissions") if above.endswith("-submissions") else ""
    prefix = f"{assignment}-"
    if not assignment or not all(name.startswith(prefix) for name in names):
        common = common_start(names) if len(names) >= 3 else ""
        prefix = common[: common.rfind("-") + 1]
    if not prefix or any(len(name) <= len(prefix) for name in names):
        return lambda name: name
    # GitHub calls the zip of a repository after its branch as well.
    branch = next((b for b in BRANCHES if all(name.endswith(b) for name in names)), "")
    return lambda name: name.removeprefix(prefix).removesuffix(branch) or name
