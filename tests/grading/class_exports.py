"""Classes as six learning platforms export them: the files, and the names that must come out."""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

FIRST = ("Anna", "Ben", "Çağla", "Dora", "Emil", "Fatou", "Gökçe", "Hana", "Ibrahim", "José")
LAST = ("Meyer", "O'Neil", "Smith-Jones", "van der Berg", "Zoë", "Ñandú", "Li", "Kim", "Øster",
        "Petrov", "Quispe", "Rao")  # fmt: skip
PEOPLE = tuple(f"{first} {last}" for last in LAST for first in FIRST)  # 120
FILE = "my_model_weights.h5"
NOTEBOOK = b'{"cells": []}'


@dataclass(frozen=True)
class Class:
    """An export: path in the zip -> content, and the names of everybody in it."""

    files: Mapping[str, bytes]
    names: tuple[str, ...]

    def zipped(self) -> bytes:
        """Return the export as the zip that the platform lets one download."""
        return zipped(self.files)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def handed_in(number: int, weights: bytes) -> tuple[str, bytes]:
    """Return the file of one person: weights mostly, a zip of them, a notebook, a broken zip."""
    if number % 12 == 5:
        return "submission.zip", zipped({f"work/{FILE}": weights, "work/train.py": b"x"})
    if number % 12 == 7:
        return "prune.ipynb", NOTEBOOK
    if number % 40 == 11:
        return "code.zip", b"PK\x03\x04 cut short"
    return FILE, weights


def gradescope(people: tuple[str, ...], weights: bytes) -> Class:
    """submission_metadata.yml beside a folder for each submission; every tenth is of two people."""
    files, text, names = {}, "---\n", []
    for number, name in enumerate(people):
        folder = f"submission_{31_000_000 + number}"
        text += f"{folder}:\n  :submitters:\n"
        group = [name, f"{name} Jr"] if number % 10 == 3 else [name]
        for each in group:
            text += (
                f"  - :name: {each}\n    :sid: '{number:05}'\n    :email: s{number}@example.edu\n"
            )
        text += "  :created_at: 2024-05-01 10:00:00.000000000 -07:00\n  :score: 0.0\n"
        text += "  :history:\n  - :id: 1\n    :submitters:\n    - :name: Somebody Else\n"
        names.append(" and ".join(group))
        file, content = handed_in(number, weights)
        files[f"assignment_4711_export/{folder}/{file}"] = content
    files["assignment_4711_export/submission_metadata.yml"] = text.encode()
    return Class(files, tuple(names))


def canvas(people: tuple[str, ...], weights: bytes) -> Class:
    """One flat folder; names without spaces and marks, LATE where it was, then two numbers."""
    files, names = {}, []
    for number, name in enumerate(people):
        squeezed = "".join(c for c in name.lower() if c.isalnum())
        late = "_LATE" if number % 9 == 4 else ""
        file, content = handed_in(number, weights)
        if number % 11 == 2:
            file = file.replace(".h5", "-1.h5")  # handed in again
        files[f"{squeezed}{late}_{10_000 + number}_{770_000 + number}_{file}"] = content
        names.append(squeezed)
    return Class(files, tuple(names))


def moodle(people: tuple[str, ...], weights: bytes) -> Class:
    """A folder for what each person uploaded, and one for the text they wrote."""
    files = {}
    for number, name in enumerate(people):
        start = f"{name}_{880_000 + number}_assignsubmission_"
        file, content = handed_in(number, weights)
        files[f"{start}file_/{file}"] = content
        if number % 3 == 0:
            files[f"{start}onlinetext_/onlinetext.html"] = b"<p>Dear tutor</p>"
    return Class(files, people)


def moodle_flat(people: tuple[str, ...], weights: bytes) -> Class:
    """The same without "Download submissions in folders"."""
    made = moodle(people, weights)
    return Class({name.replace("/", ""): held for name, held in made.files.items()}, people)


def blackboard(people: tuple[str, ...], weights: bytes) -> Class:
    """A flat folder: assignment, user, attempt, file; and a text for each attempt."""
    files = {}
    for number, name in enumerate(people):
        start = f"Homework 2 - Pruning_s{number:03}_attempt_2024-05-0{1 + number % 9}-10-30-00"
        file, content = handed_in(number, weights)
        files[f"{start}_{file}"] = content
        text = f"Name: {name} (s{number:03})\nAssignment: Homework 2 - Pruning\n\nFiles:\n{file}"
        files[f"{start}.txt"] = text.encode()
        if number % 20 == 6:  # an earlier attempt
            files[f"{start.replace('2024', '2023')}_{FILE}"] = b"an earlier attempt"
    return Class(files, people)


def brightspace(people: tuple[str, ...], weights: bytes) -> Class:
    """A folder for each submission: two numbers, the name, the date; and an index."""
    files = {"index.html": b"<html>"}
    for number, name in enumerate(people):
        file, content = handed_in(number, weights)
        start = f"{40_000 + number}-{99_000 + number} - {name} - "
        files[f"{start}May {1 + number % 28}, 2024 1005 PM/{file}"] = content
        if number % 20 == 6:  # an earlier attempt
            files[f"{start}April 30, 2024 900 AM/{FILE}"] = b"an earlier attempt"
    return Class(files, people)


def github_classroom(people: tuple[str, ...], weights: bytes) -> Class:
    """Repositories as GitHub's own command clones them, called by the users' names."""
    files, names = {}, []
    for number, name in enumerate(people):
        user = "".join(c for c in name.lower().replace(" ", "-") if c.isascii() and c not in "'")
        user = f"{user}{number}"
        file, content = handed_in(number, weights)
        folder = f"prune-cnn-submissions/prune-cnn-{user}"
        files |= {f"{folder}/{file}": content, f"{folder}/README.md": b"# Homework"}
        files[f"{folder}/.git/HEAD"] = b"ref: refs/heads/main"
        names.append(user)
    return Class(files, tuple(names))


def all_zips(people: tuple[str, ...], weights: bytes) -> Class:
    """A zip of everybody's own zip."""
    files = {}
    for number, name in enumerate(people):
        file, content = handed_in(number, weights)
        inner = content if file.endswith(".zip") else zipped({f"hw/{file}": content})
        files[f"all/{name}.zip"] = inner
    return Class(files, people)


EXPORTS: dict[str, Callable[[tuple[str, ...], bytes], Class]] = {
    make.__name__: make
    for make in (gradescope, canvas, moodle, moodle_flat, blackboard, brightspace,
                 github_classroom, all_zips)
}  # fmt: skip
