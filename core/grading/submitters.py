"""Whose a handed-in file is, told by its path where no platform's names say it."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from core.grading import layouts
from core.names import plain_name

GENERIC = "my_model_weights"  # what everybody's file is called: it names nobody
AROUND_GENERIC = re.compile(
    rf"(?:(?P<before>.+?)[ ._-]+)?{GENERIC}(?:[ ._-]*\(?\d*\)?)?(?:[ ._-]+(?P<after>\D.*))?",
    re.DOTALL,
)
# What a teacher or a platform puts beside what people handed in.
OF_THE_CLASS = re.compile(
    r"(read.?me|index|grades?|assignment|task|instructions?|exercise|syllabus|rubric|timestamp"
    r"|manifest|classroom_roster|submission_metadata)\b.*|.*\.(csv|ya?ml|md|html?|json|log|tex)",
    re.IGNORECASE | re.DOTALL,
)
# Folders that are called after their purpose: an empty one is nobody.
OF_PROGRAMS = re.compile(
    r"(logs?|data(sets?)?|checkpoints?|models?|weights|outputs?|results?|images?|figures?|plots?"
    r"|code|src|lib|tests?|scripts?|notebooks?|docs?|venv|env|build|dist|te?mp|cache|wandb|mlruns"
    r"|runs|feedback|grades|submissions?|hand-?ins?|_\w*)",
    re.IGNORECASE,
)


def owner(file: str) -> str:
    """Return whose file this is: its folder, or its own name when that says more."""
    path = PurePosixPath(file.replace("\\", "/"))
    return own_name(path.parts[-2:])


def own_name(parts: tuple[str, ...]) -> str:
    """Return whose a file is by its name and the folder around it, if there is one."""
    told = layouts.told_alone(parts)
    if told is not None:
        return told
    stem = PurePosixPath(parts[-1]).stem
    around = AROUND_GENERIC.fullmatch(stem)
    if around is None:
        return stem
    folder = parts[-2] if len(parts) > 1 else ""
    return around["before"] or folder or around["after"] or stem


def with_zip(file: str, name: str) -> str:
    """Return `submission` in anna.zip as anna/submission, in ben/submission.zip as ben/submission.

    Students' zips may all be called the same: then only their folders differ.
    """
    zip_name = owner(file)
    folder = PurePosixPath(file.replace("\\", "/")).parent.name
    return "/".join(part for part in (folder if zip_name == name else zip_name, name) if part)


def shown_name(name: str) -> str:
    """Return a name that a stranger chose, safe to show; a zip's may stand before it."""
    return "/".join(plain_name(part) for part in name.split("/")[-2:])


def named_apart(names: Sequence[tuple[str, str]]) -> list[str]:
    """Return the names, each with its number where several people have the same one."""
    counts = Counter(name for name, _ in names)
    return [f"{name} ({number})" if counts[name] > 1 and number else name for name, number in names]


def shared_folders(paths: Sequence[tuple[str, ...]]) -> int:
    """Return how many leading folders all members share: they name the class, not a person.

    The last of them is a person's when only one folder and loose files are below it.
    """
    if len(paths) < 2:
        return max(len(paths[0]) - 2, 0)
    shared = 0
    while all(len(p) > shared + 1 for p in paths) and len({p[shared] for p in paths}) == 1:
        shared += 1
    below = {p[shared] for p in paths if len(p) > shared + 1}
    some_loose = any(len(p) == shared + 1 for p in paths)
    return shared - 1 if shared and some_loose and len(below) == 1 else shared


def is_of_the_class(file: str) -> bool:
    """Tell whether a loose file is a teacher's or a platform's and nobody's hand-in."""
    return OF_THE_CLASS.fullmatch(file) is not None


def is_of_a_program(folder: str) -> bool:
    """Tell whether a folder is called as no person is: after what programs keep in it."""
    return OF_PROGRAMS.fullmatch(folder) is not None


def is_readme(file: str) -> bool:
    """Tell whether a file explains the folder that it is in."""
    return file.lower().startswith("readme")
