"""Settings as frozen dataclasses: help, limits and unit live on the field.

The form on a page, the command line and the documentation are all made from `describe`.
"""

import dataclasses
import hashlib
import json
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from core.errors import SettingsError

Value = bool | int | float | str
S = TypeVar("S")


@dataclass(frozen=True)
class SettingField:
    """What a form, a command line or a table needs to know of one setting."""

    name: str
    kind: type
    default: Value
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    unit: str
    help: str
    why: str
    advanced: bool

    @property
    def label(self) -> str:
        """The name as a person reads it, with its unit."""
        words = self.name.replace("_", " ").capitalize()
        return f"{words} ({self.unit})" if self.unit else words


def setting(
    default: Any,
    *,
    help: str,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    unit: str = "",
    why: str = "",
    advanced: bool = False,
) -> Any:
    """Declare a field of a settings class; limits are inclusive.

    help: one sentence next to the control. why: an optional second one, behind "Why?".
    """
    metadata = {
        "help": help,
        "low": low,
        "high": high,
        "choices": choices,
        "unit": unit,
        "why": why,
        "advanced": advanced,
    }
    return dataclasses.field(default=default, metadata=metadata)


def describe(settings: type | object) -> tuple[SettingField, ...]:
    """Return the fields of a settings class (or instance) in order of declaration."""
    cls = settings if isinstance(settings, type) else type(settings)
    hints = typing.get_type_hints(cls)
    return tuple(
        SettingField(
            name=f.name, kind=hints[f.name], default=typing.cast(Value, f.default), **f.metadata
        )
        for f in dataclasses.fields(cls)  # type: ignore[arg-type]
        if "help" in f.metadata
    )


@dataclass(frozen=True)
class Settings:
    """What every settings class derives from: an object of it exists only with allowed values.

    Derive a frozen dataclass and declare its fields with `setting`. A class with rules of its own
    overrides `__post_init__` and begins it with `super().__post_init__()`.
    """

    def __post_init__(self) -> None:
        check(self)


def check(settings: object) -> None:
    """Raise SettingsError if any field is of the wrong kind or outside its limits."""
    for field in describe(settings):
        _check_value(field, getattr(settings, field.name))


def _check_value(field: SettingField, value: Value) -> None:
    if not _is_kind(value, field.kind):
        raise SettingsError(
            f"{field.name} must be {_kind_name(field.kind)}, but {value!r} arrived."
        )
    if field.choices and value not in field.choices:
        raise SettingsError(
            f"{field.name} is {value!r}. Choose one of: {', '.join(field.choices)}."
        )
    if isinstance(value, str | bool):
        return
    if value != value or abs(value) == float("inf"):
        raise SettingsError(f"{field.name} must be a finite number, but {value} arrived.")
    too_low = field.low is not None and value < field.low
    too_high = field.high is not None and value > field.high
    if too_low or too_high:
        raise SettingsError(f"{field.name} is {value}. Choose a value {_limits(field)}.")


def _is_kind(value: object, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)


def _kind_name(kind: type) -> str:
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
    return names.get(kind, kind.__name__)


def _limits(field: SettingField) -> str:
    if field.low is None:
        return f"up to {field.high}"
    return f"from {field.low}" + ("" if field.high is None else f" to {field.high}")


def parse(cls: type[S], texts: Mapping[str, str]) -> S:
    """Build settings from `name -> text` pairs, as the command line's --set gives them."""
    fields = {field.name: field for field in describe(cls)}
    values = {name: _parse_value(_known(fields, name, cls), text) for name, text in texts.items()}
    return cls(**values)


def _known(fields: Mapping[str, SettingField], name: str, cls: type) -> SettingField:
    if name not in fields:
        known = ", ".join(fields) or "none"
        raise SettingsError(f"{cls.__name__} has no setting {name!r}. Known settings: {known}.")
    return fields[name]


def _parse_value(field: SettingField, text: str) -> Value:
    try:
        if field.kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
                text.strip().lower()
            ]
        return typing.cast(Value, field.kind(text))
    except (ValueError, KeyError):
        raise SettingsError(
            f"{field.name} must be {_kind_name(field.kind)}, but {text!r} arrived."
        ) from None


def to_dict(settings: object) -> dict[str, Value]:
    """Return the settings as a flat, JSON-ready dictionary."""
    return {field.name: getattr(settings, field.name) for field in describe(settings)}


def from_dict(cls: type[S], values: Mapping[str, Any]) -> S:
    """Build settings from a dictionary (JSON from the store); unknown names are refused."""
    fields = {field.name: field for field in describe(cls)}
    return cls(**{name: _from_json(_known(fields, name, cls), v) for name, v in values.items()})


def _from_json(field: SettingField, value: Any) -> Any:
    return float(value) if field.kind is float and type(value) is int else value


def non_default(settings: object) -> dict[str, Value]:
    """Return only what differs from the defaults: what a comparison shows."""
    return {
        field.name: getattr(settings, field.name)
        for field in describe(settings)
        if getattr(settings, field.name) != field.default
    }


def digest(value: Mapping[str, Any]) -> str:
    """Return the 16-hex-digit identity of a JSON-ready value, whatever its key order."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
