"""A settings class as a form: labels, limits and help come from the class itself."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st

from core.settings import SettingField, Value, describe, values_of
from pages.components.drafts import begun
from pages.components.error_box import error_box

S = TypeVar("S")


def settings_form(
    cls: type[S],
    key: str,
    start: S | None = None,
    hidden: Sequence[str] = (),
    columns: int = 2,
) -> S | None:
    """Draw one control a field; return the settings, or None while they are not valid.

    start: the values shown first (a preset); a new preset shows anew. hidden: fields that the
    page asks for elsewhere; they keep their value from `start`. Advanced fields fold away.
    """
    values = {} if start is None else values_of(start)
    fields = [field for field in describe(cls) if field.name not in hidden]
    basic = [field for field in fields if not field.advanced]
    advanced = [field for field in fields if field.advanced]
    chosen = values | _controls(basic, values, key, columns)
    if advanced:
        with st.expander("Advanced", key=f"{key}:advanced", icon=":material/tune:"):
            chosen |= _controls(advanced, values, key, columns)
    with error_box():
        return cls(**chosen)
    return None


def _controls(
    fields: Sequence[SettingField], values: Mapping[str, Any], key: str, columns: int
) -> dict[str, Value]:
    """Draw the controls row by row, so that a narrow screen keeps their order; toggles last.

    A toggle's label needs the whole width, and has no line above it as the others do.
    """
    rows = [field for field in fields if field.kind is not bool]
    chosen: dict[str, Value] = {}
    for start in range(0, len(rows), columns):
        places = st.columns(columns, gap="medium")
        for place, field in zip(places, rows[start : start + columns], strict=False):
            with place:
                chosen[field.name] = control(field, values.get(field.name, field.default), key)
    for field in (field for field in fields if field.kind is bool):
        chosen[field.name] = control(field, values.get(field.name, field.default), key)
    return chosen


def control(field: SettingField, value: Value, key: str) -> Value:
    """Draw the control of one field and return its value; "Why?" is behind the question mark."""
    name = f"{key}:{field.name}:{value}"
    value = begun(name, value)
    if field.kind is bool:
        return st.toggle(field.label, bool(value), key=name, help=help_text(field))
    if field.choices:
        index = field.choices.index(str(value)) if value in field.choices else 0
        return st.selectbox(
            field.label,
            field.choices,
            index,
            key=name,
            help=help_text(field),
            format_func=lambda choice: choice.replace("_", " "),
        )
    if field.kind is str:
        return st.text_input(field.label, str(value), key=name, help=help_text(field))
    if field.kind is int:
        return _whole_number(field, int(value), name)
    return _number(field, float(value), name)


def _whole_number(field: SettingField, value: int, name: str) -> int:
    low = None if field.low is None else math.ceil(field.low)
    high = None if field.high is None else math.floor(field.high)
    return int(st.number_input(field.label, low, high, value, 1, key=name, help=help_text(field)))


def _number(field: SettingField, value: float, name: str) -> float:
    low = None if field.low is None else float(field.low)
    high = None if field.high is None else float(field.high)
    return float(
        st.number_input(
            field.label, low, high, value, _step(value), "%g", key=name, help=help_text(field)
        )
    )


def _step(value: float) -> float:
    """Return a step one digit below the value's own: 0.25 → 0.01, 1e-4 → 1e-5."""
    return float(10.0 ** (math.floor(math.log10(abs(value))) - 1)) if value else 0.01


def help_text(field: SettingField) -> str:
    """Return the field's sentence, its limits, and its reason."""
    limits = ""
    if field.low is not None and field.high is not None and not field.choices:
        limits = f" From {field.low:g} to {field.high:g}."
    why = f"\n\n**Why?** {field.why}" if field.why else ""
    return f"{field.help.rstrip('.')}.{limits}{why}"
