"""What a person wrote on a run: a name, tags and a note. Never a part of what the run is."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from core.errors import SettingsError
from core.names import has_invisible, is_markup, several_lines, visible_name

LONGEST_NAME, LONGEST_TAG, LONGEST_NOTE = 120, 40, 10_000
MOST_TAGS = 20


@dataclass(frozen=True)
class Annotation:
    """Name, tags and note of a run, all empty at first; the job's id does not depend on them.

    A note has lines; what would move a terminal's cursor or turn its text around is left out of it.
    Raises SettingsError for texts that are too long, of several lines, or that no store takes.
    """

    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", visible_name(self.name))
        object.__setattr__(self, "tags", tuple(map(visible_name, self.tags)))
        for what, text, longest in (
            ("The name", self.name, LONGEST_NAME),
            *(("A tag", tag, LONGEST_TAG) for tag in self.tags),
            ("The note", self.note, LONGEST_NOTE),
        ):
            _check(what, text, longest)
        object.__setattr__(self, "note", several_lines(self.note))
        if any(not tag.strip() or "," in tag for tag in self.tags):
            raise SettingsError("A tag is empty or holds a comma. Write tags separated by commas.")
        if len(set(self.tags)) > MOST_TAGS:
            raise SettingsError(f"A run takes up to {MOST_TAGS} tags. Remove some.")
        object.__setattr__(self, "tags", tuple(sorted(set(self.tags), key=str.casefold)))

    def __bool__(self) -> bool:
        return self != Annotation()

    def columns(self) -> dict[str, str]:
        """Return the values of the job's columns."""
        return {"name": self.name, "tags": json.dumps(self.tags), "note": self.note}

    def to_json(self) -> dict[str, Any]:
        """Return the annotation for the zip of a run."""
        return {"name": self.name, "tags": list(self.tags), "note": self.note}

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """Return what `to_json` described. Raises ValueError, SettingsError for anything else."""
        if not isinstance(values, dict) or set(values) != {"name", "tags", "note"}:
            raise ValueError("its annotation is not a name, tags and a note")
        texts = [values["name"], values["note"], *values["tags"]]
        if not isinstance(values["tags"], list) or not all(isinstance(each, str) for each in texts):
            raise ValueError("its annotation holds something other than texts")
        return cls(values["name"], tuple(values["tags"]), values["note"])


def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags that somebody wrote separated by commas."""
    return tuple(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip())))


def with_tags(annotation: Annotation, add: Iterable[str], remove: Iterable[str]) -> Annotation:
    """Return the annotation with some tags more and some fewer."""
    kept = {*annotation.tags, *add} - set(remove)
    return Annotation(annotation.name, tuple(kept), annotation.note)


def _check(what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise SettingsError(f"{what} is longer than {longest:,} characters. Shorten it.")
    if longest != LONGEST_NOTE and has_invisible(text):
        raise SettingsError(f"{what} holds a line break or an invisible character. Remove it.")
    if longest != LONGEST_NOTE and is_markup(text):  # charts would read a tag
        raise SettingsError(f"{what} holds < or >, which a chart reads as markup. Remove it.")
    if "\x00" in text or text.encode(errors="ignore").decode() != text:
        raise SettingsError(f"{what} holds a character that cannot be stored. Remove it.")
