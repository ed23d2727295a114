"""Short ids in an address, and names that tell chosen networks apart."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.evaluation.differences import ABSENT, differences
from core.evaluation.point import Point
from core.runs.titles import seed_title

SHORT = 8
MOST = 6
TELLING = 4  # settings that a label names at most
LATER = ("seed", "label")  # the seed is said last


def short(id: str) -> str:
    """Return the short form of an id, as an address carries it."""
    return id[:SHORT]


def to_text(ids: Sequence[str]) -> str:
    """Return ids as one address parameter."""
    return ",".join(short(id) for id in ids)


def from_prefixes(text: str | None, ids: Sequence[str]) -> list[str]:
    """Return the ids that an address parameter means; unknown ones are left out."""
    wanted = [part for part in (text or "").split(",") if part]
    found = (next((id for id in ids if id.startswith(part)), None) for part in wanted)
    return list(dict.fromkeys(id for id in found if id is not None))


def unknown(text: str | None, ids: Sequence[str]) -> list[str]:
    """Return the parts of an address parameter that no id begins with."""
    wanted = [part for part in (text or "").split(",") if part]
    return [part for part in wanted if not any(id.startswith(part) for id in ids)]


def from_text(text: str | None, points: Sequence[Point]) -> list[str]:
    """Return the ids of the points that an address parameter means, at most MOST."""
    return from_prefixes(text, [point.id for point in points])[:MOST]


def told_apart(points: Sequence[Point]) -> list[Point]:
    """Return the points with labels that are all different: by what differs, else by short id."""
    plain = [point.label or point.method for point in points]
    groups = {label: [p for p in points if (p.label or p.method) == label] for label in plain}
    labels = [
        ", ".join([label, *_apart(point, groups[label])])
        for label, point in zip(plain, points, strict=True)
    ]
    return [
        replace(point, label=f"{label} ({short(point.id)})" if labels.count(label) > 1 else label)
        for label, point in zip(labels, points, strict=True)
    ]


def _apart(point: Point, group: Sequence[Point]) -> list[str]:
    """Return the settings, and the seed, in which this network differs from those of its name."""
    if len(group) == 1:
        return []
    rows = {each.setting: each.values[point.id] for each in differences(group)}
    own = [name for name, value in rows.items() if value != ABSENT and name not in LATER]
    words = [_words(name, rows[name]) for name in sorted(own, key="epochs".__ne__)[:TELLING]]
    return [*words, *([seed_title(point.seed)] if "seed" in rows else [])]


def _words(name: str, value: Any) -> str:
    if name == "epochs":
        return f"{value:g} epoch{'' if value == 1 else 's'}"
    if name == "came from":
        return f"from {short(str(value))}"
    shown = ("off", "on")[value] if isinstance(value, bool) else value
    return f"{name.rpartition('.')[2]} {shown}".replace("_", " ")
