"""Plans as people read them: what the store leaves out while it has its default is filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING
from functools import cache

from core.evaluation.point import Point
from core.pruning.methods import METHODS
from core.pruning.plan import PrunePlan
from core.settings import SettingField, describe, from_json_value

OMITTED = {field.stored_as for field in describe(PrunePlan) if field.omitted}


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
    more = {digest: plan for digest, plan in told.items() if plan != stored[digest]}
    return [
        point.with_full_plan(more[point.plan_digest]) if point.plan_digest in more else point
        for point in points
    ]


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
    named = OMITTED | set(plan)
    own = {name: value for name, value in _defaults(PrunePlan).items() if name in named}
    return {**own, **plan, **_of_method(plan)}


def _of_method(plan: Mapping[str, object]) -> dict[str, object]:
    rule = METHODS.get(_method(plan))
    if rule is None or "settings" not in plan:  # of another release: as it stands
        return {}
    return {"settings": {**_defaults(rule.settings), **_own(plan)}}


def _method(plan: Mapping[str, object]) -> str:
    return str(plan.get("method", "?"))


def _own(plan: Mapping[str, object]) -> Mapping[str, object]:
    own = plan.get("settings")
    return own if isinstance(own, Mapping) else {}


@cache
def _defaults(settings: type) -> Mapping[str, object]:
    """Return the defaults of settings by stored name, in the order of the fields."""
    known = (field for field in describe(settings) if field.default is not MISSING)
    return {field.stored_as: _default(field) for field in known}


def _default(field: SettingField) -> object:
    """Return the default as stored JSON has it: 1 for a number is 1.0, a tuple is a list."""
    value = from_json_value(field, field.default)
    return list(value) if isinstance(value, tuple) else value
