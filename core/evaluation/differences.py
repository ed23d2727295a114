"""What was set differently: only the settings that tell the chosen networks apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.evaluation.point import Point

ABSENT = "–"


@dataclass(frozen=True)
class Difference:
    """A setting that is not the same everywhere. values: id of a point -> its value, or ABSENT."""

    setting: str
    values: Mapping[str, object]


def differences(points: Sequence[Point]) -> list[Difference]:
    """Return every setting that is not the same for all points.

    Nested settings are named by their path, `recipe.epochs`.
    """
    plans = {point.id: _settings(point) for point in points}
    names = dict.fromkeys(name for plan in plans.values() for name in plan)
    found = []
    for name in names:
        values = {id: plan.get(name, ABSENT) for id, plan in plans.items()}
        if len({repr(value) for value in values.values()}) > 1:
            found.append(Difference(name, values))
    return found


def _settings(point: Point) -> dict[str, object]:
    own = {"method": point.method, "seed": point.seed, "epochs": point.epochs}
    return own | {"came from": point.parent or ABSENT} | flat(point.plan)


def flat(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Return nested dictionaries as one, keys joined by dots."""
    found: dict[str, object] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found
