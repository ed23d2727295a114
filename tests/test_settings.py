"""Settings: limits, parsing and identity."""

from dataclasses import dataclass

import pytest

from core.errors import SettingsError
from core.settings import (
    Settings,
    describe,
    digest,
    from_dict,
    non_default,
    parse,
    setting,
    to_dict,
)


@dataclass(frozen=True)
class Example(Settings):
    """An example with every kind of field."""

    rate: float = setting(0.1, low=0.0, high=1.0, help="How fast")
    steps: int = setting(5, low=1, help="How many", unit="steps")
    mode: str = setting("a", choices=("a", "b"), help="Which way")
    fast: bool = setting(False, help="Hurry")


def test_a_field_describes_itself_for_forms_and_documents():
    steps = describe(Example)[1]
    assert (steps.label, steps.low, steps.high, steps.kind) == ("Steps (steps)", 1, None, int)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rate": 1.5}, "rate is 1.5. Choose a value from 0.0 to 1.0"),
        ({"rate": float("nan")}, "rate must be a finite number"),
        ({"steps": 0}, "steps is 0. Choose a value from 1"),
        ({"steps": 2.5}, "steps must be a whole number"),
        ({"steps": True}, "steps must be a whole number"),
        ({"mode": "c"}, "mode is 'c'. Choose one of: a, b"),
        ({"fast": 1}, "fast must be true or false"),
    ],
)
def test_a_value_outside_its_limits_is_refused_with_the_remedy(values, message):
    with pytest.raises(SettingsError, match=message):
        Example(**values)


def test_texts_from_the_command_line_become_settings():
    parsed = parse(Example, {"rate": "0.5", "steps": "7", "mode": "b", "fast": "yes"})
    assert parsed == Example(0.5, 7, "b", True)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(SettingsError, match="no setting 'speed'. Known settings: rate, steps"):
        parse(Example, {"speed": "1"})


def test_a_text_that_is_no_number_is_refused():
    with pytest.raises(SettingsError, match="steps must be a whole number, but 'many' arrived"):
        parse(Example, {"steps": "many"})


def test_settings_survive_the_way_through_json():
    changed = Example(rate=1.0, steps=3)
    assert from_dict(Example, {**to_dict(changed), "rate": 1}) == changed


def test_only_what_differs_from_the_defaults_is_compared():
    assert non_default(Example(steps=6)) == {"steps": 6}


def test_the_digest_ignores_the_order_of_keys_and_sees_every_value():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1, "b": 2}) != digest({"a": 1, "b": 3})
