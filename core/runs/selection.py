"""Short ids in an address, and names that tell chosen networks apart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from core.evaluation.differences import ABSENT, differences
from core.evaluation.point import Point
from core.pruning.search.seeds import seed_names
from core.pruning.stored_plan import with_defaults

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
    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(point.label or point.method, []).append(point)
    apart = {id: words for group in groups.values() for id, words in _apart(group).items()}
    labels = [", ".join([p.label or p.method, *apart[p.id]]) for p in points]
    often = Counter(labels)
    return [
        point.called(f"{label} ({short(point.id)})" if often[label] > 1 else label)
        for label, point in zip(labels, points, strict=True)
    ]


def _apart(group: Sequence[Point]) -> dict[str, list[str]]:
    """Return, by id, the settings and the seed in which networks of one name differ."""
    if len(group) == 1:
        return {group[0].id: []}
    rows = {each.setting: each.values for each in differences(with_defaults(group))}
    names = sorted((name for name in rows if name not in LATER), key="epochs".__ne__)
    seeds = seed_names({point.seed for point in group}) if "seed" in rows else {}
    return {point.id: _differing(point, names, rows, seeds) for point in group}


def _differing(
    point: Point,
    names: Sequence[str],
    rows: Mapping[str, Mapping[str, Any]],
    seeds: Mapping[int, str],
) -> list[str]:
    own = (name for name in names if rows[name][point.id] != ABSENT)
    words = [_words(name, rows[name][point.id]) for name in islice(own, TELLING)]
    return [*words, *([seeds[point.seed]] if seeds else [])]


def _words(name: str, value: Any) -> str:
    if name == "epochs":
        return f"{value:g} epoch{'' if value == 1 else 's'}"
    if name == "came from":
        return f"from {short(str(value))}"
    shown = ("off", "on")[value] if isinstance(value, bool) else value
    return f"{name.rpartition('.')[2]} {shown}".replace("_", " ")
