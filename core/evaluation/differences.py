"""What was set differently: only the settings that tell the chosen networks apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.evaluation.point import Point

ABSENT = "–"


def differences(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Return one row per setting that is not the same for all points.

    Columns: "setting", then one per point, named by its id; ABSENT where a point has no such
    setting. Nested settings are named by their path, `recipe.epochs`.
    """
    plans = {point.id: _settings(point) for point in points}
    names = dict.fromkeys(name for plan in plans.values() for name in plan)
    rows = []
    for name in names:
        values = {id: plan.get(name, ABSENT) for id, plan in plans.items()}
        if len({repr(value) for value in values.values()}) > 1:
            rows.append({"setting": name} | values)
    return rows


def _settings(point: Point) -> dict[str, Any]:
    own = {"method": point.method, "seed": point.seed, "epochs": point.epochs}
    return own | {"came from": point.parent or ABSENT} | flat(point.plan)


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested dictionaries as one, keys joined by dots."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found
