"""Settings from texts, as --set gives them."""

import typing
from collections.abc import Mapping
from typing import TypeVar

from core.errors import SettingsError
from core.settings import SettingField, Value, Values, by_name, describe, kind_name, known_field

S = TypeVar("S")


def parse(cls: type[S], texts: Mapping[str, str]) -> S:
    """Build settings from `name -> text` pairs, as the command line's --set gives them.

    Several values of one setting are separated by commas.
    """
    return cls(**parse_values(cls, texts))


def parse_values(cls: type, texts: Mapping[str, str]) -> dict[str, Values]:
    """Return the settings' values that texts stand for, by field; a stored name is known too.

    Raises SettingsError for a name that `cls` lacks, and for a text that is not of its kind.
    """
    fields = by_name(describe(cls))
    known = [(known_field(fields, name, cls), text) for name, text in texts.items()]
    return {field.name: parse_value(field, text) for field, text in known}


def parse_value(field: SettingField, text: str) -> Values:
    """Return the value of a setting that a text stands for. Raises SettingsError."""
    if field.many:
        return tuple(_parse_one(field, part.strip()) for part in text.split(",") if part.strip())
    return _parse_one(field, text)


def _parse_one(field: SettingField, text: str) -> Value:
    try:
        if field.kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
                text.strip().lower()
            ]
        return _whole(text) if field.kind is int else typing.cast(Value, field.kind(text))
    except (ValueError, KeyError):
        kind = kind_name(field.kind)
        raise SettingsError(
            f"{field.name} must be {kind}, but {text!r} arrived.{_hint(field, text)}"
        ) from None


def _whole(text: str) -> int:
    """Return the whole number in a text, also one that is written as 1e3 or 10.0."""
    try:
        return int(text)
    except ValueError:
        number = float(text)
        if not number.is_integer():
            raise
        return int(number)


def _hint(field: SettingField, text: str) -> str:
    """Return how a number is written that stands with % or with a decimal comma."""
    if field.kind is not float:
        return ""
    try:
        number = float(text.replace(",", ".").removesuffix("%"))
    except ValueError:
        return ""
    return f" Write {number / 100 if text.endswith('%') else number:g}."
