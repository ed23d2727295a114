"""What was handed in: weights files, archives and folders of many, each as one file on disk."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.archives.limits import MIB
from core.errors import LabError, UploadError
from core.grading import rosters
from core.grading.found_files import (
    LIMITS,
    Limits,
    bytes_below,
    check_there,
    extracted,
    is_archive,
    is_weights_itself,
    walked,
)
from core.grading.people import (
    Found,
    Person,
    people,
    weights_among,
)
from core.grading.submitters import is_of_the_class, owner, shown_name, with_zip
from core.names import plain_name
from core.text import plural

LONGEST_NUMBERED = 74  # characters, so that a number behind them is not cut off
GIVEN = "given.upload"  # not the name of any member's copy
MOST_SHOWN = 3  # names of files in one sentence


@dataclass(frozen=True)
class Submission:
    """One weights file to grade: whose it is, what it was called, where it lies now.

    error: why it cannot even be looked at, "" when it can. notes: what else was handed in.
    """

    name: str
    file: str
    path: Path
    error: str = ""
    notes: tuple[str, ...] = ()


def collect(
    files: Sequence[tuple[str, Path | bytes]], folder: Path, limits: Limits = LIMITS
) -> list[Submission]:
    """Return the submissions in `files`, copied into `folder` where they are not on disk already.

    files: file name and content, or the path of a file or of a folder of many. In an archive or a
    folder, everybody who handed in something is there: a platform's names, the folders or the
    files tell who. A name that several archives give is preceded by the archive's. What is broken,
    too large or no weights file is a submission with the reason.
    Raises UploadError for too many files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found: list[tuple[str, list[Submission]]] = []
    left = limits.total_bytes
    for number, (file, content) in enumerate(files):
        place = folder / f"{number:04d}"
        place.mkdir(exist_ok=True)
        held = _submissions(file, content, place, limits.within(left))
        left -= bytes_below(place) - _given_bytes(place)
        found.append((file, _shown_apart(held)))
    count = sum(len(held) for _, held in found)
    if count > limits.files:
        raise UploadError(f"{count} files arrived; at most {limits.files} are graded at once.")
    return _told_apart(found)


def of_one_person(folder: Path, place: Path, limits: Limits = LIMITS) -> list[Submission]:
    """Return what one person handed in, as the folder of an autograder holds it.

    place: an existing folder for what archives hold. The files' own names are the names. Whatever
    is wrong with all of it is the error of the one submission.
    """
    try:
        found = walked(folder, place, limits)
        held = _handed_in(Person("The hand-in", tuple(found)), folder, limits)
    except LabError as error:
        return [Submission("The hand-in", "", folder, str(error))]
    several = len(held) > 1
    return [replace(each, name=plain_name(each.file)) if several else each for each in held]


def _shown_apart(held: Sequence[Submission]) -> list[Submission]:
    """Return the submissions under names that are safe to show; nobody becomes somebody else."""
    shown: dict[str, str] = {}  # the name as it was given -> as it is shown
    taken: Counter[str] = Counter()
    for each in held:
        if each.name not in shown:
            name = shown_name(each.name)
            taken[name] += 1
            apart = f"{name[:LONGEST_NUMBERED]} ({taken[name]})"
            shown[each.name] = name if taken[name] == 1 else apart
    return [replace(each, name=shown[each.name]) for each in held]


def _told_apart(found: Sequence[tuple[str, list[Submission]]]) -> list[Submission]:
    """Return all submissions; of equal names from several files, those of archives say which."""
    given = Counter(name for _, held in found for name in {each.name for each in held})
    return [
        replace(each, name=shown_name(with_zip(file, each.name)))
        if given[each.name] > 1 and each.file != file
        else each
        for file, held in found
        for each in held
    ]


def _submissions(file: str, content: Path | bytes, place: Path, limits: Limits) -> list[Submission]:
    """Return what one file holds; what is wrong with it is the error of its one submission."""
    path = content if isinstance(content, Path) else _stored(content, place)
    whole = Submission(owner(file) if file else "unnamed", file, path)
    try:
        check_there(file, path)
        if path.is_dir():
            return _of_people(file, walked(path, place, limits), path, limits)
        if not is_archive(file, path):
            return [whole]
        members = extracted(path, place, limits)
        if is_weights_itself(members):
            return [whole]
        return _of_people(file, members, path, limits)
    except LabError as error:
        return [replace(whole, error=str(error))]
    except OSError as error:
        reason = f"{plain_name(file)} cannot be read ({error.strerror or error})."
        return [replace(whole, error=f"{reason} Check the path and its permissions.")]


def _given_bytes(place: Path) -> int:
    path = place / GIVEN
    return path.stat().st_size if path.is_file() else 0


def _stored(content: bytes, place: Path) -> Path:
    path = place / GIVEN
    path.write_bytes(content)
    return path


def _of_people(file: str, found: Sequence[Found], path: Path, limits: Limits) -> list[Submission]:
    texts = {
        each.file: each.path.read_text("utf-8", "replace")
        for each in found
        if each.path is not None and rosters.is_text(each.file)
    }
    everybody = people(sorted(found, key=lambda each: each.parts), file, texts)
    if not everybody:
        raise UploadError(
            f"{plain_name(file)} holds no weights file{_found(found)}. "
            "Put each as name/my_model_weights.h5 into it."
        )
    held = [each for person in everybody for each in _handed_in(person, path, limits)]
    if len(held) > limits.files:
        raise UploadError(
            f"{plain_name(file)} holds the files of {plural(len(everybody), 'person', 'people')}, "
            f"{plural(len(held), 'file')} in all. At most {limits.files} are graded at once: "
            "split it."
        )
    return held


def _found(found: Sequence[Found]) -> str:
    # What a platform or a student explains comes last: it is not what was handed in instead.
    own = [each for each in found if not (each.is_nothing or rosters.is_text(each.file))]
    names = [each.shown for each in sorted(own, key=lambda each: is_of_the_class(each.shown))]
    if not names:
        return ""
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return f" (found: {', '.join(names[:MOST_SHOWN])}{more})"


def _handed_in(person: Person, nothing: Path, limits: Limits) -> list[Submission]:
    """Return the files of one person that count, or the reason why there is none.

    nothing: stands for the path of what is not there to grade.
    """
    weights = weights_among(person.files)
    count, size = len(weights), sum(each.size_bytes for each in weights)
    if not weights:
        return [Submission(person.name, f"{person.name}/", nothing, _no_weights(person))]
    if count > limits.person_files or size > limits.person_bytes:
        reason = (
            f"{plural(count, 'weights file')} of {size / MIB:,.0f} MB were handed in; at most "
            f"{limits.person_files} files and {limits.person_bytes // MIB} MB of one person are "
            "read. Hand in my_model_weights.h5 alone."
        )
        return [Submission(person.name, f"{person.name}/", nothing, reason)]
    named = [each for each in weights if each.is_generic] or weights
    others = [each.shown for each in weights if each not in named]
    notes = (f"Not graded beside it: {', '.join(others)}.",) if others else ()
    return [
        Submission(person.name, each.file, each.path or nothing, each.error, notes)
        for each in named
    ]


def _no_weights(person: Person) -> str:
    broken = [each.error for each in person.files if each.error]
    if broken:
        return broken[0]
    if all(each.is_nothing for each in person.files):
        what = "The folder is empty: nothing" if person.files else "Nothing"
        return f"{what} was handed in. Hand in my_model_weights.h5."
    files = [each for each in person.files if not each.is_nothing]
    found = [each for each in files if not each.is_zip] or files
    return f"There is no weights file{_found(found)}. Hand in my_model_weights.h5 itself."
