"""Frozen records as JSON: what a job is told (Spec) and what it leaves behind (Record).

JSON is read and written at the edge of the store only. Everything in between holds records, whose
values are checked once, when a record is made.
"""

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field
from typing import Any, ClassVar, Self

from core.errors import RecordError
from core.json_values import decode_field, default_of, encode_field, read_fields, stored_fields
from core.settings import Settings, describe, from_json_value, stored_name

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
            stored_name(one): encode_field(one, getattr(self, one.name))
            for one in stored_fields(type(self))
        }

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """Return the record that `to_json` described; names it does not know are left out.

        Raises RecordError with the place of a value that is missing or of the wrong kind.
        """
        return cls(**read_fields(cls, values))

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
            pair
            for one in stored_fields(type(self))
            for pair in self._written(one, stored_name(one))
        )

    def _written(self, one: "Field[Any]", name: str) -> list[tuple[str, Any]]:
        value = getattr(self, one.name)
        read = self.as_read
        if read is not None and name in read and self._is_as_read(one, value, read[name]):
            return [(name, read[name])]
        unsaid = read is not None and name not in read and self._is_default(one)
        left_out = unsaid or (read is None and self._is_left_out(one))
        return [] if left_out else [(name, encode_field(one, value))]

    def _is_as_read(self, one: "Field[Any]", value: object, read: Any) -> bool:
        return bool(decode_field(type(self), one, read) == value)

    def _is_left_out(self, one: "Field[Any]") -> bool:
        """Return whether JSON that is written for the first time leaves the field out."""
        return bool(one.metadata.get("omitted")) and self._is_default(one)

    def _is_default(self, one: "Field[Any]") -> bool:
        return bool(getattr(self, one.name) == default_of(one))

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """Return the spec that `to_json` described.

        Raises RecordError for a name that it does not know, SettingsError for a value outside its
        limits.
        """
        found = read_fields(cls, values)
        unknown = sorted(set(values) - {stored_name(one) for one in stored_fields(cls)})
        if unknown:
            known = ", ".join(stored_name(one) for one in stored_fields(cls))
            raise RecordError(f"{unknown[0]!r} is no setting of {cls.__name__}. Known: {known}.")
        for described in describe(cls):
            if described.name in found:
                found[described.name] = from_json_value(described, found[described.name])
        return cls(**found, as_read=dict(values))


def _migrated(migration: Migration, values: Any, form: int) -> JsonObject:
    try:
        return migration(values)
    except (AttributeError, KeyError, TypeError) as error:
        raise RecordError(f"It is no record of form {form} ({error!r}).") from error
