"""What was set differently: only the settings that tell the chosen networks apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.evaluation.point import Point

ABSENT = "–"
SEED = "seed"  # what repetitions of one plan differ in


@dataclass(frozen=True)
class Difference:
    """A setting that is not the same everywhere. values: id of a point -> its value, or ABSENT."""

    setting: str
    values: Mapping[str, object]


def differences(points: Sequence[Point]) -> list[Difference]:
    """Return every setting that is not the same for all points.

    Nested settings are named by their path, `recipe.epochs`.
    """
    plans: dict[Plan, dict[str, object]] = {}
    for point in points:  # of thousands of repetitions one plan is read
        if _plan(point) not in plans:
            plans[_plan(point)] = _settings(point)
    names = dict.fromkeys(name for plan in plans.values() for name in plan)
    return [
        Difference(name, _values(points, plans, name))
        for name in names
        if _is_told_apart(points, plans, name)
    ]


Plan = tuple[str, str]  # (digest of the plan, id of the parent)


def _plan(point: Point) -> Plan:
    return point.plan_digest, point.parent


def _settings(point: Point) -> dict[str, object]:
    own = {"method": point.method, SEED: ABSENT, "epochs": point.epochs}
    return own | {"came from": point.parent or ABSENT} | flat(point.plan)


def _is_told_apart(
    points: Sequence[Point], plans: Mapping[Plan, Mapping[str, object]], name: str
) -> bool:
    if name == SEED:
        return len({point.seed for point in points}) > 1
    return len({repr(plan.get(name, ABSENT)) for plan in plans.values()}) > 1


def _values(
    points: Sequence[Point], plans: Mapping[Plan, Mapping[str, object]], name: str
) -> dict[str, object]:
    if name == SEED:
        return {point.id: point.seed for point in points}
    return {point.id: plans[_plan(point)].get(name, ABSENT) for point in points}


def flat(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Return nested dictionaries as one, keys joined by dots."""
    found: dict[str, object] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found
