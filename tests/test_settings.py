"""Settings: limits, parsing and identity."""

import json
from dataclasses import dataclass

import pytest

from core.commands.settings_texts import parse
from core.errors import SettingsError
from core.pruning.plan import PrunePlan
from core.pruning.search.spec import SweepSpec
from core.pruning.spec import PruneSpec
from core.settings import (
    Settings,
    describe,
    digest,
    from_dict,
    non_default,
    setting,
    to_dict,
    values_of,
)
from core.training.recipe import Recipe


@dataclass(frozen=True)
class Example(Settings):
    """An example with every kind of field."""

    rate: float = setting(0.1, low=0.0, high=1.0, help="How fast")
    steps: int = setting(5, low=1, help="How many", unit="steps")
    mode: str = setting("a", choices=("a", "b"), help="Which way")
    fast: bool = setting(False, help="Hurry")


def test_a_field_describes_itself_for_forms_and_documents():
    steps = describe(Example)[1]
    assert (steps.label, steps.low, steps.high, steps.kind) == ("Steps", 1, None, int)


def test_an_abbreviation_is_written_in_capitals():
    labels = {field.name: field.label for field in describe(Recipe)}
    assert (labels["swa"], labels["swa_rate"], labels["l2"]) == ("SWA", "SWA rate", "L2")


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


@dataclass(frozen=True)
class Renamed(Settings):
    """A setting that older runs stored under another name, and one they did not have."""

    share: float = setting(0.5, help="How much", stored_as="portion")
    added: bool = setting(False, help="Came later", omitted=True)
    levels: tuple[int, ...] = setting((1, 2), low=0, help="Which")
    cap: int | None = setting(None, low=1, help="At most")


def test_a_setting_keeps_the_name_it_is_stored_by_and_a_late_one_is_left_out():
    assert to_dict(Renamed()) == {"portion": 0.5, "levels": [1, 2], "cap": None}
    assert to_dict(Renamed(added=True))["added"] is True
    assert from_dict(Renamed, {"portion": 1, "levels": [3]}) == Renamed(1.0, levels=(3,))
    with pytest.raises(SettingsError, match="no setting 'share'"):
        from_dict(Renamed, {"share": 1.0})
    assert Renamed(**values_of(Renamed(0.25))) == Renamed(0.25)


def test_several_values_and_both_names_come_from_the_command_line():
    parsed = parse(Renamed, {"portion": "0.75", "levels": "4, 5,6", "cap": "7"})
    assert parsed == Renamed(0.75, levels=(4, 5, 6), cap=7)
    assert parse(Renamed, {"share": "0.75"}).share == 0.75


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"levels": (1, -1)}, "levels is -1. Choose a value from 0"),
        ({"levels": 3}, "levels must be a list, but 3 arrived"),
        ({"levels": (1, 2.5)}, "levels must be a whole number, but 2.5"),
        ({"cap": 0}, "cap is 0. Choose a value from 1"),
        ({"cap": "many"}, "cap must be a whole number"),
    ],
)
def test_every_one_of_several_values_is_checked_and_none_is_allowed_where_it_is_declared(
    values, message
):
    assert Renamed(cap=None).cap is None
    with pytest.raises(SettingsError, match=message):
        Renamed(**values)


def test_a_whole_number_is_the_same_setting_as_its_float():
    """Made in Python, without the command line: `averaging=0` once ended every training."""
    spec = SweepSpec(data="d", sparsities=(0, 0.5))
    assert json.dumps(spec.to_json()) == json.dumps(
        SweepSpec(data="d", sparsities=(0.0, 0.5)).to_json()
    )
    plans = [PrunePlan(sparsity=0, averaging=number, cutout=0) for number in (0, 0.0)]
    told = [PruneSpec(data="d", dense="n", plan=plan).to_json() for plan in plans]
    assert json.dumps(told[0]) == json.dumps(told[1])
    assert (type(plans[0].averaging), type(plans[0].cutout)) == (float, int)
    with pytest.raises(SettingsError, match="rate must be a finite number"):
        Example(rate=10**400)
