"""Short ids in an address, and names that tell chosen networks apart."""

from collections.abc import Sequence
from dataclasses import replace

from core.evaluation.point import Point

SHORT = 8
MOST = 6


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


def from_text(text: str | None, points: Sequence[Point]) -> list[str]:
    """Return the ids of the points that an address parameter means, at most MOST."""
    return from_prefixes(text, [point.id for point in points])[:MOST]


def told_apart(points: Sequence[Point]) -> list[Point]:
    """Return the points with labels that are all different: by seed, else by short id."""
    labels = [point.label or point.method for point in points]
    seeded = [
        f"{label}, seed {point.seed}" if labels.count(label) > 1 else label
        for label, point in zip(labels, points, strict=True)
    ]
    return [
        replace(point, label=f"{label} ({short(point.id)})" if seeded.count(label) > 1 else label)
        for label, point in zip(seeded, points, strict=True)
    ]
