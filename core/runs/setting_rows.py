"""A run's settings as a table in the words of the pages."""

import re
from collections.abc import Mapping
from typing import Any

from core.federated.presets import TITLES
from core.runs.labels import algorithm_labels, method_labels
from core.runs.results import describe

TITLES_OF = {"data": "data set", "dense": "network", "start": "begins with"}
NOTHING = {"dense": "trained first", "start": "fresh weights"}
FREE = ("name", "label")  # texts that a person wrote
IDENTIFIER = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")


def settings_words(
    settings: Mapping[str, Any], names: Mapping[str, str] | None = None, prefix: str = ""
) -> list[tuple[str, str]]:
    """Return (name, value) of every setting as text, nested ones with their path.

    names: id -> what the data set or network is called.
    """
    rows: list[tuple[str, str]] = []
    for name, value in settings.items():
        path = f"{prefix}{TITLES_OF.get(name, name).replace('_', ' ')}"
        if isinstance(value, Mapping):
            rows += settings_words(value, names, f"{path}, ")
        else:
            rows.append((path, _text(name, value, names or {})))
    return rows


def _text(name: str, value: Any, names: Mapping[str, str]) -> str:
    if value is None:
        return NOTHING.get(name, "–")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_text(name, item, names) for item in value)
    if isinstance(value, Mapping):
        return str(value.get("label") or describe(dict(value)))
    return f"{value:g}" if isinstance(value, float) else _words(name, str(value), names)


def _words(name: str, value: str, names: Mapping[str, str]) -> str:
    if name in FREE:
        return value
    known = {**method_labels(), **algorithm_labels(), **TITLES, **names}
    spaced = value.replace("_", " ") if IDENTIFIER.fullmatch(value) else value
    return known.get(value, spaced)
