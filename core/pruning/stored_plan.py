"""Plans as people read them: what the store leaves out while it has its default is filled in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING

from core.evaluation.point import Point
from core.pruning.methods import METHODS
from core.pruning.plan import PrunePlan
from core.settings import SettingField, describe, from_json_value


def with_defaults(points: Sequence[Point]) -> list[Point]:
    """Return the points with their plans as people compare them: what one states, all state.

    A setting that every stored plan leaves out is not named; a method's own settings are those
    that a plan of the same method states. Identities stay those of the stored plans.
    """
    stored = {point.plan_digest: point.plan for point in points}  # repetitions share one
    stated: dict[str, set[str]] = {}
    for plan in stored.values():
        stated.setdefault("", set()).update(plan)
        stated.setdefault(_method(plan), set()).update(_own(plan))
    told = {digest: _named(in_full(plan), stated) for digest, plan in stored.items()}
    return [point.with_full_plan(told[point.plan_digest]) for point in points]


def _named(full: Mapping[str, object], stated: Mapping[str, set[str]]) -> dict[str, object]:
    named = {name: value for name, value in full.items() if name in stated[""]}
    own = stated.get(_method(full), set())
    if "settings" in named:
        named["settings"] = {name: value for name, value in _own(full).items() if name in own}
    return named


def in_full(plan: Mapping[str, object]) -> dict[str, object]:
    """Return a stored plan with every setting that it leaves out, those of its method as well.

    An empty plan, that of a network which was not pruned, stays empty.
    """
    if not plan:
        return {}
    omitted = (field for field in describe(PrunePlan) if field.omitted or field.stored_as in plan)
    return _filled(omitted, plan) | _of_method(plan)


def _of_method(plan: Mapping[str, object]) -> dict[str, object]:
    rule = METHODS.get(_method(plan))
    if rule is None or "settings" not in plan:  # of another release: as it stands
        return {}
    return {"settings": _filled(describe(rule.settings), _own(plan))}


def _method(plan: Mapping[str, object]) -> str:
    return str(plan.get("method", "?"))


def _own(plan: Mapping[str, object]) -> Mapping[str, object]:
    own = plan.get("settings")
    return own if isinstance(own, Mapping) else {}


def _filled(fields: Iterable[SettingField], values: Mapping[str, object]) -> dict[str, object]:
    """Return the values in the order of the fields, their defaults where they have none."""
    defaults = {each.stored_as: _default(each) for each in fields if each.default is not MISSING}
    return {**defaults, **values}


def _default(field: SettingField) -> object:
    """Return the default as stored JSON has it: 1 for a number is 1.0, a tuple is a list."""
    value = from_json_value(field, field.default)
    return list(value) if isinstance(value, tuple) else value
