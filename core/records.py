"""Frozen records as JSON: what a job is told (Spec) and what it leaves behind (Record).

JSON is read and written at the edge of the store only. Everything in between holds records, whose
values are checked once, when a record is made.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import lru_cache
from typing import Any, ClassVar, Self

from core.errors import LabError, RecordError
from core.settings import (
    SCALARS,
    Settings,
    describe,
    from_dict,
    from_json_value,
    stored_name,
    to_dict,
)

JsonObject = Mapping[str, Any]
Migration = Callable[[JsonObject], JsonObject]

# The form of the JSON in a store or in the zip of a run; those of version 0.1 do not say it: 1.
FORMAT = 2
FIRST_FORMAT = 1


@dataclass(frozen=True)
class Record:
    """What a job leaves behind, or a part of it: derive a frozen dataclass of plain values.

    earlier: form of the JSON -> how to bring it to the next form.
    """

    earlier: ClassVar[Mapping[int, Migration]] = {}

    def to_json(self) -> dict[str, Any]:
        """Return the record for JSON, its parts included."""
        return {
            stored_name(one): _encoded(one, getattr(self, one.name)) for one in _stored(type(self))
        }

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """Return the record that `to_json` described; names it does not know are left out.

        Raises RecordError with the place of a value that is missing or of the wrong kind.
        """
        return cls(**_read(cls, values))

    @classmethod
    def from_stored(cls, values: Any, form: int = FORMAT) -> Self:
        """Return the record of JSON in an older form. Raises RecordError, as `from_json`."""
        for number in range(form, FORMAT):
            if number in cls.earlier:
                values = _migrated(cls.earlier[number], values, number)
        return cls.from_json(values)


@dataclass(frozen=True)
class Spec(Settings, Record):
    """What one kind of job is told; declare its fields with `core.settings.setting`.

    kind: of the job. resources: what it needs of a machine, a name of the jobs' table.
    as_read: the JSON this was read from. A value that was not changed since is written as it was
    read, left out where it was left out: a job's identity is the digest of this text.
    """

    kind: ClassVar[str]
    resources: ClassVar[str]

    as_read: JsonObject | None = field(default=None, compare=False, repr=False, kw_only=True)

    def to_json(self) -> dict[str, Any]:
        """Return the spec for JSON, under today's names and with what is always left out."""
        return dict(
            pair for one in _stored(type(self)) for pair in self._written(one, stored_name(one))
        )

    def _written(self, one: "Field[Any]", name: str) -> list[tuple[str, Any]]:
        value = getattr(self, one.name)
        read = self.as_read
        if read is not None and name in read and self._is_as_read(one, value, read[name]):
            return [(name, read[name])]
        unsaid = read is not None and name not in read and self._is_default(one)
        left_out = unsaid or (read is None and self._is_left_out(one))
        return [] if left_out else [(name, _encoded(one, value))]

    def _is_as_read(self, one: "Field[Any]", value: object, read: Any) -> bool:
        return bool(_decoded(type(self), one, read) == value)

    def _is_left_out(self, one: "Field[Any]") -> bool:
        """Return whether JSON that is written for the first time leaves the field out."""
        return bool(one.metadata.get("omitted")) and self._is_default(one)

    def _is_default(self, one: "Field[Any]") -> bool:
        return bool(getattr(self, one.name) == _default(one))

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """Return the spec that `to_json` described.

        Raises RecordError for a name that it does not know, SettingsError for a value outside its
        limits.
        """
        found = _read(cls, values)
        unknown = sorted(set(values) - {stored_name(one) for one in _stored(cls)})
        if unknown:
            known = ", ".join(stored_name(one) for one in _stored(cls))
            raise RecordError(f"{unknown[0]!r} is no setting of {cls.__name__}. Known: {known}.")
        for described in describe(cls):
            if described.name in found:
                found[described.name] = from_json_value(described, found[described.name])
        return cls(**found, as_read=dict(values))


@dataclass(frozen=True)
class Codec:
    """How one field is stored, where that is not as its kind is: give it to `setting`.

    decode: from JSON and the field's name, for the message; it raises RecordError or SettingsError.
    """

    encode: Callable[[Any], Any]
    decode: Callable[[Any, str], Any]


def encode(value: Any) -> Any:
    """Return a value for JSON: records as objects, tuples as lists."""
    if isinstance(value, Record):
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
    raise RecordError(f"{place} is {_shown(value)}, not {WORDS[kind]}.")


WORDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    types.NoneType: "nothing",
}


def _migrated(migration: Migration, values: Any, form: int) -> JsonObject:
    try:
        return migration(values)
    except (AttributeError, KeyError, TypeError) as error:
        raise RecordError(f"It is no record of form {form} ({error!r}).") from error


def _shown(value: Any) -> str:
    return f"{value!r}"[:60]


def _object(kind: type, value: Any, place: str) -> Any:
    try:
        if issubclass(kind, Record):
            return kind.from_json(value)
        if hasattr(kind, "from_dict"):
            return kind.from_dict(value)
        if issubclass(kind, Settings):
            return from_dict(kind, value)
        if dataclasses.is_dataclass(kind):
            return kind(**_read(kind, value))
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


def _read(cls: type, values: Any) -> dict[str, Any]:
    """Return the fields' values; what JSON leaves out keeps its default."""
    if not isinstance(values, Mapping):
        raise RecordError(f"{_shown(values)} is not a record.")
    missing = [one.name for one in _stored(cls) if stored_name(one) not in values and _needs(one)]
    if missing:
        raise RecordError(f"{missing[0]} is missing.")
    return {
        one.name: _decoded(cls, one, values[stored_name(one)])
        for one in _stored(cls)
        if stored_name(one) in values
    }


def _encoded(one: "Field[Any]", value: Any) -> Any:
    codec = one.metadata.get("codec")
    return codec.encode(value) if codec else encode(value)


def _decoded(cls: type, one: "Field[Any]", value: Any) -> Any:
    codec = one.metadata.get("codec")
    return (
        codec.decode(value, one.name) if codec else decode(_hints(cls)[one.name], value, one.name)
    )


def _needs(one: "Field[Any]") -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _default(one: "Field[Any]") -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


def _stored(cls: type) -> tuple["Field[Any]", ...]:
    return _facts(cls)[0]


def _hints(cls: type) -> dict[str, Any]:
    return _facts(cls)[1]


@lru_cache(maxsize=256)
def _facts(cls: type) -> tuple[tuple["Field[Any]", ...], dict[str, Any]]:
    stored = tuple(one for one in fields(cls) if one.name != "as_read")
    return stored, typing.get_type_hints(cls)
