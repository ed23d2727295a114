"""Real names from the lists that platforms put beside the files: read as plain text, bounded.

Gradescope's submission_metadata.yml is YAML; only the lines that name submitters are understood,
by their indentation, and nothing is built from anything else in it.
"""

import base64
import binascii
import contextlib
import csv
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import islice

from core.tables import from_csv
from core.text import listed

METADATA, ROSTER = "submission_metadata.yml", "classroom_roster.csv"
# What is unpacked to be read here, beside the files themselves; patterns in lower case.
TEXTS = (f"*{METADATA}", f"*{ROSTER}", "*_attempt_*.txt")
MOST_PEOPLE = 10_000
LONGEST_LINE = 10_000
FOLDER = re.compile(r"submission_\d+")
SUBMISSION = re.compile(r"""(['"]?)(submission_\d+)\1:\s*(?:&\S+\s*)?$""")
KEY = re.compile(r"""['"]?:?(?P<key>[A-Za-z_]+)['"]?:(?: +(?P<value>.*))?$""")
ESCAPED = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
ANCHOR = re.compile(r"&(\S+)\s*")
ESCAPES = {"n": " ", "t": " ", "r": " ", "0": "", "e": "", "_": " ", "N": " "}


def of_gradescope(texts: Mapping[str, str]) -> dict[str, str]:
    """Return folder -> the submitters' names, "Anna and Ben" for a group; {} without metadata."""
    text = next((text for name, text in texts.items() if name.endswith(METADATA)), "")
    known: dict[str, tuple[str, str]] = {}
    folders: dict[str, str] = {}
    for folder, lines in _submissions(text):
        people = [name or mail for name, mail in _submitters(lines, known)]
        folders[folder] = listed([person for person in people if person]) or folder
        if len(folders) >= MOST_PEOPLE:
            break
    return folders


def _submissions(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each submission's folder and the lines below it."""
    folder, lines = "", list[str]()
    for line in text.lstrip("\ufeff").splitlines():
        found = SUBMISSION.match(line[:LONGEST_LINE])
        if found is not None:
            if folder:
                yield folder, lines
            folder, lines = found[2], []
        elif folder:
            lines.append(line[:LONGEST_LINE])
    if folder:
        yield folder, lines


def _submitters(lines: list[str], known: dict[str, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield (name, email) of each entry of the submission's own list of submitters.

    known: the entries that the file gave an anchor, filled in: another entry may point to one.
    """
    fields: dict[str, str] = {}
    anchor = ""
    for text in _list_of_submitters(lines):
        if text.startswith("- ") or text == "-":
            if fields:
                yield _person(fields, anchor, known)
            fields, text = {}, text[1:].lstrip()
            anchor, text = _without_anchor(text)
            if text.startswith("*"):
                yield known.get(text[1:].strip(), ("", ""))
                continue
        found = KEY.match(text)
        if found is not None:
            fields[found["key"].lower()] = _scalar(found["value"] or "")
        elif fields and fields.get(last := next(reversed(fields)), "") == "!binary |-":
            fields[last] = _from_base64(text)
    if fields:
        yield _person(fields, anchor, known)


def _person(
    fields: Mapping[str, str], anchor: str, known: dict[str, tuple[str, str]]
) -> tuple[str, str]:
    person = " ".join(fields.get("name", "").split()), fields.get("email", "").strip()
    if anchor:
        known[anchor] = person
    return person


def _list_of_submitters(lines: list[str]) -> Iterator[str]:
    """Yield the lines below the submission's own key `:submitters:`."""
    level, inside = None, False
    for line in lines:
        text = line.strip()
        indent = len(line) - len(line.lstrip(" "))
        if not text or text.startswith("#"):
            continue
        level = indent if level is None else level
        if indent == level and not text.startswith("-"):
            found = KEY.match(text)
            inside = found is not None and found["key"].lower() == "submitters"
        elif inside:
            yield text


def _without_anchor(text: str) -> tuple[str, str]:
    found = ANCHOR.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def _scalar(value: str) -> str:
    """Return a plain, 'single' or "double" quoted text."""
    _, value = _without_anchor(value.strip())
    if value[:1] == "'" and value.endswith("'") and len(value) > 1:
        return value[1:-1].replace("''", "'")
    if value[:1] == '"' and value.endswith('"') and len(value) > 1:
        return ESCAPED.sub(_escaped, value[1:-1])
    return value if value.startswith("!") else value.split(" #")[0].strip()


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number < 0x110000 else ""
    return ESCAPES.get(code, code)


def _from_base64(text: str) -> str:
    """Return a name that Ruby wrote as bytes because its encoding was not known."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def of_blackboard(texts: Mapping[str, str]) -> dict[str, str]:
    """Return user name -> real name, from the text that Blackboard writes for each submission."""
    told = (
        text[:LONGEST_LINE].lstrip("\ufeff") for name, text in texts.items() if "_attempt_" in name
    )
    return dict(pair for text in told if (pair := _named(text)))


def _named(text: str) -> tuple[str, str] | None:
    """Return (user name, real name) of the first line "Name: Anna Meyer (an42)".

    By hand: a pattern takes hours for a text of blanks and brackets, and a student writes it.
    """
    for line in text.splitlines():
        if line.startswith("Name:") and line.rstrip().endswith(")"):
            name, _, user = line.removeprefix("Name:").rstrip()[:-1].rpartition("(")
            if name.strip() and user and ")" not in user:
                return user, name.strip()
    return None


def of_github(texts: Mapping[str, str]) -> dict[str, str]:
    """Return GitHub user name -> who that is, from the roster of GitHub Classroom."""
    text = next((text for name, text in texts.items() if name.endswith(ROSTER)), "")
    names = {}
    for row in _rows(text):
        user = (row.get("github_username") or "").strip()
        real = (row.get("name") or "").strip() or (row.get("identifier") or "").strip()
        if user and real:
            names[user] = real
    return names


def _rows(text: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table, up to the first that is none."""
    with contextlib.suppress(csv.Error, ValueError):
        yield from islice(from_csv(text), MOST_PEOPLE)


def is_text(name: str) -> bool:
    """Tell whether a file is one of the lists that are read here."""
    return any(fnmatchcase(name.lower(), pattern) for pattern in TEXTS)
