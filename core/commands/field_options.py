"""Options made from the fields of settings: name, kind, help and limits come from the field."""

from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, replace
from difflib import get_close_matches
from typing import TypeVar

from core.commands.settings_texts import parse_values
from core.errors import SettingsError
from core.settings import SettingField, describe

S = TypeVar("S")
SHORTER = {"batch_size": "--batch", "learning_rate": "--rate"}
METAVARS: dict[type, str] = {int: "N", float: "X", str: "TEXT", bool: "YES"}


def add_field_options(
    parser: ArgumentParser, cls: type, title: str, without: Iterable[str] = ()
) -> None:
    """Add one option for every field of a settings class, in a group of that title.

    An option that is left out keeps the setting's default, or the preset's.
    """
    group = parser.add_argument_group(title)
    for field in describe(cls):
        if field.name in without:
            continue
        flags = [f"--{field.name.replace('_', '-')}", *filter(None, [SHORTER.get(field.name)])]
        if field.kind is bool and not field.many:
            group.add_argument(
                *flags, dest=field.name, action=BooleanOptionalAction, help=help_of(field)
            )
        else:
            metavar = "A,B,…" if field.many else METAVARS[field.kind]
            group.add_argument(*flags, dest=field.name, metavar=metavar, help=help_of(field))


def help_of(field: SettingField) -> str:
    """Return a field's sentence with its choices or limits and its default, for argparse."""
    facts = [f"one of {', '.join(field.choices)}"] if field.choices else limits_of(field)
    if field.default is not MISSING and field.default not in (None, "", ()):
        shown = ",".join(map(str, field.default)) if field.many else str(field.default)
        facts.append(f"default {shown.lower() if field.kind is bool else shown}")
    unit = [field.unit] if field.unit else []
    inside = "; ".join([*unit, *facts])
    return f"{field.help.rstrip('.')}{f' ({inside})' if inside else ''}".replace("%", "%%")


def limits_of(field: SettingField) -> list[str]:
    """Return a field's limits in words, nothing for one without."""
    if field.low is None and field.high is None:
        return []
    if field.low is None:
        return [f"up to {field.high:g}"]
    return [f"from {field.low:g}" + ("" if field.high is None else f" to {field.high:g}")]


def add_set_option(parser: ArgumentParser, whose: str) -> None:
    """Add the repeatable --set name=value."""
    parser.add_argument(
        "--set",
        dest="set",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help=f"settings {whose}",
    )


def pairs(texts: Iterable[str], options: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return name=value texts as a dictionary, with what the options of the same settings said.

    A name may be written with hyphens, as its option is. Raises SettingsError for what is no pair,
    and for a setting that is given two values.
    """
    found = dict(options or {})
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        name = name.replace("-", "_")
        if not name or not sign:
            raise SettingsError(f"--set takes name=value, but {text!r} arrived. Write name=0.1.")
        check_once(name, found.get(name, value), value)
        found[name] = value
    return found


def check_once(name: str, one: str, other: str) -> None:
    """Raise SettingsError if a setting was given two different values."""
    if one != other:
        raise SettingsError(f"{name} is given twice, as {one} and as {other}. Leave one out.")


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the question which of the known settings somebody meant, "" if none comes near."""
    meant = {flag.lstrip("-"): field for field, flag in SHORTER.items()} | {"lr": "learning_rate"}
    names = list(known)
    near = get_close_matches(meant.get(name, name).lower(), names, 1)
    return f" Did you mean {near[0]}?" if near else ""


def number(example: str) -> Callable[[str], float]:
    """Return what argparse reads a number with; example: of one, for the refusal of a text."""

    def read(text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise ArgumentTypeError(f"{text!r} is no number. Write it as {example}.") from None

    return read


def said(options: Namespace, cls: type, without: Iterable[str] = ()) -> dict[str, str]:
    """Return field -> text of the options of a settings class that were given."""
    names = [field.name for field in describe(cls) if field.name not in without]
    values = {name: getattr(options, name, None) for name in names}
    return {name: str(value) for name, value in values.items() if value is not None}


def with_settings(settings: S, texts: dict[str, str]) -> S:
    """Return the settings with some fields replaced by what the texts say."""
    return replace(settings, **parse_values(type(settings), texts))  # type: ignore
