"""Values of Python as JSON and back, by the type hints of their fields."""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import lru_cache
from typing import Any

from core.errors import LabError, RecordError
from core.settings import SCALARS, Settings, from_dict, stored_name, to_dict


@dataclass(frozen=True)
class Codec:
    """How one field is stored, where that is not as its kind is: give it to `setting`.

    decode: from JSON and the field's name, for the message; it raises RecordError or SettingsError.
    """

    encode: Callable[[Any], Any]
    decode: Callable[[Any, str], Any]


def encode(value: Any) -> Any:
    """Return a value for JSON: records as objects, tuples as lists."""
    if hasattr(value, "to_json"):
        return value.to_json()
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Settings):
        return to_dict(value)
    if dataclasses.is_dataclass(value):
        return {one.name: encode(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): encode(one) for name, one in value.items()}
    return [encode(one) for one in value] if isinstance(value, list | tuple) else value


def decode(kind: Any, value: Any, place: str) -> Any:
    """Return the value of JSON as the kind that a type hint names.

    place: where it stands, for the message. Raises RecordError or SettingsError.
    """
    if kind is Any or kind is object:
        return value
    if kind in SCALARS or kind is types.NoneType:
        return _scalar(kind, value, place)
    if isinstance(kind, type):
        return _object(kind, value, place)
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _either(parts, value, place)
    return _many(tuple(parts), value, place) if origin is tuple else _by_name(parts, value, place)


def _scalar(kind: type, value: Any, place: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise RecordError(f"{place} is {_shown(value)}, not {KIND_NAMES[kind]}.")


KIND_NAMES: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    types.NoneType: "nothing",
}


def _shown(value: Any) -> str:
    return f"{value!r}"[:60]


def _object(kind: type, value: Any, place: str) -> Any:
    try:
        if hasattr(kind, "from_json"):
            return kind.from_json(value)
        if hasattr(kind, "from_dict"):
            return kind.from_dict(value)
        if issubclass(kind, Settings):
            return from_dict(kind, value)
        if dataclasses.is_dataclass(kind):
            return kind(**read_fields(kind, value))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RecordError(f"{place} is damaged ({type(error).__name__}: {error}).") from error
    except LabError as error:
        raise type(error)(f"{place}: {error}") from error
    raise TypeError(f"{kind.__name__} is no kind that a record can hold")


def _either(kinds: tuple[Any, ...], value: Any, place: str) -> Any:
    if types.NoneType in kinds and value is None:
        return None
    others = [kind for kind in kinds if kind is not types.NoneType]
    for kind in others[:-1]:
        try:
            return decode(kind, value, place)
        except LabError:
            continue
    return decode(others[-1], value, place)


def _many(kinds: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise RecordError(f"{place} is {_shown(value)}, not a list.")
    if kinds[-1] is Ellipsis:
        if _all_plain(kinds[0], value):
            return tuple(value)
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise RecordError(f"{place} holds {len(value)} values, not {len(kinds)}.")
    pairs = enumerate(zip(kinds, value, strict=True))
    return tuple(decode(kind, one, f"{place}[{number}]") for number, (kind, one) in pairs)


def _by_name(kinds: tuple[Any, ...], value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise RecordError(f"{place} is {_shown(value)}, not a record.")
    if _all_plain(kinds[1], value.values()):
        return dict(value)
    return {str(name): decode(kinds[1], one, f"{place}.{name}") for name, one in value.items()}


def _all_plain(kind: Any, values: Iterable[Any]) -> bool:
    """Return whether values are all of a plain kind: long lists of numbers need no closer look."""
    return {type(one) for one in values} <= _plain_types(kind)


@lru_cache(maxsize=64)
def _plain_types(kind: Any) -> frozenset[type]:
    either = typing.get_origin(kind) in (types.UnionType, typing.Union)
    kinds = typing.get_args(kind) if either else (kind,)
    plain = {*SCALARS, types.NoneType}
    return frozenset(({*kinds, int} if float in kinds else {*kinds}) if {*kinds} <= plain else ())


def read_fields(cls: type, values: Any) -> dict[str, Any]:
    """Return the fields' values; what JSON leaves out keeps its default.

    Raises RecordError for what is missing or of the wrong kind.
    """
    if not isinstance(values, Mapping):
        raise RecordError(f"{_shown(values)} is not a record.")
    missing = [
        one.name for one in stored_fields(cls) if stored_name(one) not in values and _needs(one)
    ]
    if missing:
        raise RecordError(f"{missing[0]} is missing.")
    return {
        one.name: decode_field(cls, one, values[stored_name(one)])
        for one in stored_fields(cls)
        if stored_name(one) in values
    }


def encode_field(one: "Field[Any]", value: Any) -> Any:
    """Return the value of one field for JSON."""
    codec = one.metadata.get("codec")
    return codec.encode(value) if codec else encode(value)


def decode_field(cls: type, one: "Field[Any]", value: Any) -> Any:
    """Return the value of one field from JSON. Raises RecordError or SettingsError."""
    codec = one.metadata.get("codec")
    return (
        codec.decode(value, one.name) if codec else decode(_hints(cls)[one.name], value, one.name)
    )


def _needs(one: "Field[Any]") -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def default_of(one: "Field[Any]") -> Any:
    """Return the value of a field that was left out."""
    return one.default if one.default_factory is MISSING else one.default_factory()


def stored_fields(cls: type) -> tuple["Field[Any]", ...]:
    """Return the fields of a dataclass that JSON holds."""
    return _facts(cls)[0]


def _hints(cls: type) -> dict[str, Any]:
    return _facts(cls)[1]


@lru_cache(maxsize=256)
def _facts(cls: type) -> tuple[tuple["Field[Any]", ...], dict[str, Any]]:
    stored = tuple(one for one in fields(cls) if one.name != "as_read")
    return stored, typing.get_type_hints(cls)
