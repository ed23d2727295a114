"""Settings as frozen dataclasses: help, limits and unit live on the field.

The form on a page, the command line and the documentation are all made from `describe`.
"""

import dataclasses
import json
import sys
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass
from functools import lru_cache
from typing import Any, TypeVar

from core.digests import digest_of
from core.errors import SettingsError

Value = bool | int | float | str
Values = Value | tuple[Value, ...] | None
SCALARS = (bool, int, float, str)
S = TypeVar("S")
# Settings that the papers call by a letter, as people read it.
GREEK = {"alpha": "α", "beta": "β", "beta1": "β₁", "beta2": "β₂", "mu": "μ", "tau": "τ"}
ABBREVIATIONS = {"Swa": "SWA"}


@dataclass(frozen=True)
class SettingField:
    """What a form, a command line or a table needs to know of one setting.

    kind: of one value. many: the setting is a tuple of such values. optional: it may be None.
    default: MISSING where a value has to be given.
    """

    name: str
    kind: type
    default: Any
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    unit: str
    help: str
    why: str
    advanced: bool
    stored_as: str
    omitted: bool
    codec: object = None
    many: bool = False
    optional: bool = False

    @property
    def label(self) -> str:
        """The name as a person reads it, with its unit."""
        words = GREEK.get(self.name) or self.name.replace("_", " ").capitalize()
        first = words.split()[0]
        words = words.replace(first, ABBREVIATIONS.get(first, first), 1)
        # "Layer epochs (epochs)" would say it twice.
        return words if words.lower().endswith(self.unit) else f"{words} ({self.unit})"


def setting(
    default: Any = MISSING,
    *,
    help: str,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    unit: str = "",
    why: str = "",
    advanced: bool = False,
    stored_as: str = "",
    omitted: bool = False,
    codec: object = None,
) -> Any:
    """Declare a field of a settings class; limits are inclusive.

    help: one sentence next to the control. why: an optional second one, behind "Why?".
    stored_as: its name in stored JSON, where this is not the field's own. omitted: stored JSON
    leaves it out while it has its default, so that a new setting changes no older run's identity.
    codec: a `core.records.Codec`, for a value that JSON holds in another form.
    """
    metadata = {
        "help": help,
        "low": low,
        "high": high,
        "choices": choices,
        "unit": unit,
        "why": why,
        "advanced": advanced,
        "stored_as": stored_as,
        "omitted": omitted,
        "codec": codec,
    }
    return dataclasses.field(default=default, metadata=metadata)


def describe(settings: type | object) -> tuple[SettingField, ...]:
    """Return the fields of a settings class (or instance) in order of declaration.

    Fields that are no plain values, such as a recipe inside the spec of a training, are left out.
    """
    return _described(settings if isinstance(settings, type) else type(settings))


@lru_cache(maxsize=512)
def _described(cls: type) -> tuple[SettingField, ...]:
    hints = typing.get_type_hints(cls)
    found = []
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        kind, many, optional = _element(hints[field.name])
        if "help" in field.metadata and kind in SCALARS:
            found.append(
                SettingField(
                    name=field.name,
                    kind=kind,
                    default=field.default,
                    many=many,
                    optional=optional,
                    **{**field.metadata, "stored_as": stored_name(field)},
                )
            )
    return tuple(found)


def stored_name(field: "dataclasses.Field[Any]") -> str:
    """Return the name that a field has in stored JSON."""
    return field.metadata.get("stored_as") or field.name


def _element(hint: Any) -> tuple[type, bool, bool]:
    """Return (kind of one value, whether there are many, whether there may be none) of a hint."""
    parts = typing.get_args(hint)
    if typing.get_origin(hint) in (types.UnionType, typing.Union) and types.NoneType in parts:
        others = [part for part in parts if part is not types.NoneType]
        kind, many, _ = _element(others[0]) if len(others) == 1 else (object, False, True)
        return kind, many, True
    if typing.get_origin(hint) is tuple and len(set(parts) - {Ellipsis}) == 1:
        return parts[0], True, False
    return hint, False, False


@dataclass(frozen=True)
class Settings:
    """What every settings class derives from: an object of it exists only with allowed values.

    Derive a frozen dataclass and declare its fields with `setting`. A class with rules of its own
    overrides `__post_init__` and begins it with `super().__post_init__()`.
    """

    def __post_init__(self) -> None:
        check(self)
        for field in describe(self):  # so that 0 and 0.0 are one setting with one identity
            if field.kind is float:
                value = from_json_value(field, getattr(self, field.name))
                object.__setattr__(self, field.name, value)


def check(settings: object) -> None:
    """Raise SettingsError if any field is of the wrong kind or outside its limits."""
    for field in describe(settings):
        value = getattr(settings, field.name)
        if value is None and field.optional:
            continue
        if field.many and not isinstance(value, tuple):
            raise SettingsError(f"{field.name} must be a list, but {value!r} arrived.")
        for one in value if field.many else (value,):
            _check_value(field, one)


def _check_value(field: SettingField, value: Value) -> None:
    if not _is_kind(value, field.kind):
        raise SettingsError(f"{field.name} must be {kind_name(field.kind)}, but {value!r} arrived.")
    if field.choices and value not in field.choices:
        raise SettingsError(
            f"{field.name} is {value!r}. Choose one of: {', '.join(field.choices)}."
        )
    if isinstance(value, str | bool):
        return
    if value != value or abs(value) > sys.float_info.max:
        raise SettingsError(f"{field.name} must be a finite number, but {value} arrived.")
    too_low = field.low is not None and value < field.low
    too_high = field.high is not None and value > field.high
    if too_low or too_high:
        is_percent = field.high is not None and field.high <= 1 and 10 <= value <= 100
        hint = f"; {value:g}% is {value / 100:g}" if is_percent else ""
        raise SettingsError(f"{field.name} is {value}. Choose a value {_limits(field)}{hint}.")


def _is_kind(value: object, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)


def kind_name(kind: type) -> str:
    """Return what a value of this kind is called in a sentence."""
    return {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}[kind]


def _limits(field: SettingField) -> str:
    if field.low is None:
        return f"up to {field.high}"
    return f"from {field.low}" + ("" if field.high is None else f" to {field.high}")


def by_name(fields: Iterable[SettingField]) -> dict[str, SettingField]:
    """Return the fields by their names and by those they are stored under."""
    return {name: field for field in fields for name in (field.stored_as, field.name)}


def known_field(fields: Mapping[str, SettingField], name: str, cls: type) -> SettingField:
    """Return the field of this name. Raises SettingsError, which lists those that there are."""
    if name not in fields:
        known = ", ".join(dict.fromkeys(field.name for field in fields.values())) or "none"
        raise SettingsError(f"{cls.__name__} has no setting {name!r}. Known settings: {known}.")
    return fields[name]


def to_dict(settings: object) -> dict[str, Any]:
    """Return the settings as a flat dictionary for JSON, under the names they are stored by."""
    return {
        field.stored_as: list(value) if field.many and value is not None else value
        for field in describe(settings)
        if not ((value := getattr(settings, field.name)) == field.default and field.omitted)
    }


def from_dict(cls: type[S], values: Mapping[str, Any]) -> S:
    """Build settings from a dictionary (JSON from the store); unknown names are refused."""
    fields = {field.stored_as: field for field in describe(cls)}
    known = [(known_field(fields, name, cls), value) for name, value in values.items()]
    return cls(**{field.name: from_json_value(field, value) for field, value in known})


def from_json_value(field: SettingField, value: Any) -> Any:
    """Return a setting's value from JSON, where 1 may stand for 1.0 and a list for a tuple."""
    if field.many and isinstance(value, list | tuple):
        return tuple(_number(field, one) for one in value)
    return _number(field, value)


def _number(field: SettingField, value: Any) -> Any:
    return float(value) if field.kind is float and type(value) is int else value


def values_of(settings: object) -> dict[str, Value]:
    """Return the settings by the names of their fields, as the class takes them."""
    return {field.name: getattr(settings, field.name) for field in describe(settings)}


def non_default(settings: object) -> dict[str, Value]:
    """Return only what differs from the defaults: what a comparison shows."""
    return {
        field.name: getattr(settings, field.name)
        for field in describe(settings)
        if getattr(settings, field.name) != field.default
    }


def digest(value: Mapping[str, object]) -> str:
    """Return the 16-hex-digit identity of a JSON-ready value, whatever its key order."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return digest_of(text)
