"""Values of Python as JSON and back, by the type hints of their fields."""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import lru_cache, partial
from typing import Any, NamedTuple

from core.errors import LabError, RecordError
from core.settings import SCALARS, Settings, from_dict, stored_name, to_dict

Decoder = Callable[[Any, str], Any]  # (JSON, where it stands) -> value


@dataclass(frozen=True)
class Codec:
    """How one field is stored, where that is not as its kind is: give it to `setting`.

    decode: from JSON and the field's name, for the message; it raises RecordError or SettingsError.
    """

    encode: Callable[[Any], Any]
    decode: Decoder


def encode(value: Any) -> Any:
    """Return a value for JSON: records as objects, tuples as lists."""
    if hasattr(value, "to_json"):
        return value.to_json()
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Settings):
        return to_dict(value)
    if dataclasses.is_dataclass(value):
        return {one.name: encode_field(one, getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): encode(one) for name, one in value.items()}
    return [encode(one) for one in value] if isinstance(value, list | tuple) else value


def decode(kind: Any, value: Any, place: str) -> Any:
    """Return the value of JSON as the kind that a type hint names.

    place: where it stands, for the message. Raises RecordError or SettingsError.
    """
    return _decoder(kind)(value, place)


# A page that lists thousands of runs reads hundreds of thousands of values: what there is to do
# for a type hint is found out once.
@lru_cache(maxsize=512)
def _decoder(kind: Any) -> Decoder:
    if kind is Any or kind is object:
        return _as_it_is
    if kind in SCALARS or kind is types.NoneType:
        return partial(_scalar, kind)
    if isinstance(kind, type):
        return partial(_object, kind)
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return partial(_either, parts)
    return partial(_many if origin is tuple else _by_name, tuple(parts))


def _as_it_is(value: Any, place: str) -> Any:
    return value


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
        read = _decoder(kinds[0])
        return tuple(read(one, f"{place}[{number}]") for number, one in enumerate(value))
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
    read = _readers(cls)
    for one in read:
        if one.needed and one.stored not in values:
            raise RecordError(f"{one.name} is missing.")
    return {
        one.name: one.decode(values[one.stored], one.name) for one in read if one.stored in values
    }


def encode_field(one: "Field[Any]", value: Any) -> Any:
    """Return the value of one field for JSON."""
    codec = one.metadata.get("codec")
    return codec.encode(value) if codec else encode(value)


def decode_field(cls: type, one: "Field[Any]", value: Any) -> Any:
    """Return the value of one field from JSON. Raises RecordError or SettingsError."""
    return _field_decoder(cls, one)(value, one.name)


def _field_decoder(cls: type, one: "Field[Any]") -> Decoder:
    codec = one.metadata.get("codec")
    decoder: Decoder = codec.decode if codec else _decoder(_facts(cls)[1][one.name])
    return decoder


def _needs(one: "Field[Any]") -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def default_of(one: "Field[Any]") -> Any:
    """Return the value of a field that was left out."""
    return one.default if one.default_factory is MISSING else one.default_factory()


def stored_fields(cls: type) -> tuple["Field[Any]", ...]:
    """Return the fields of a dataclass that JSON holds."""
    return _facts(cls)[0]


class _Reader(NamedTuple):
    """How one field is read. stored: its name in JSON. needed: it has no default."""

    name: str
    stored: str
    needed: bool
    decode: Decoder


@lru_cache(maxsize=256)
def _readers(cls: type) -> tuple[_Reader, ...]:
    return tuple(
        _Reader(one.name, stored_name(one), _needs(one), _field_decoder(cls, one))
        for one in stored_fields(cls)
    )


@lru_cache(maxsize=256)
def _facts(cls: type) -> tuple[tuple["Field[Any]", ...], dict[str, Any]]:
    stored = tuple(one for one in fields(cls) if one.name != "as_read")
    return stored, typing.get_type_hints(cls)
