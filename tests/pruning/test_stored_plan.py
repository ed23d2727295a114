"""Stored plans in full: what is left out while it has its default is read as that default."""

from core.evaluation.differences import Difference, differences
from core.evaluation.importance.importances import importances
from core.evaluation.importance.tries import GOALS, tries_of
from core.pruning.plan import PrunePlan
from core.pruning.stored_plan import in_full, with_defaults
from core.runs.selection import told_apart
from core.runs.settings_phrase import settings_in_words
from core.settings import describe
from tests.evaluation.points import point


def planned(id, accuracy=0.7, **settings):
    plan = PrunePlan(**settings).to_dict()
    return point(accuracy, 0.9, plan["method"], id=id, plan=plan, label="M")


def test_a_stored_plan_in_full_has_every_setting_of_plan_and_method():
    full = in_full(PrunePlan(method="slimming", cutout=8).to_dict())
    assert set(full) == {field.stored_as for field in describe(PrunePlan)} | {"settings"}
    assert (full["temperature"], full["cutout"]) == (2.0, 8)
    assert PrunePlan.from_dict(full) == PrunePlan(
        method="slimming", cutout=8, settings=full["settings"]
    )
    assert full["settings"]
    assert in_full({}) == {}


def test_a_plan_of_another_release_stays_as_it_stands():
    old = {"method": "gone", "settings": {"own": 3}, "later": 1}
    assert in_full(old).items() >= old.items()


def test_the_identity_stays_that_of_the_stored_plan():
    stored = planned("a", cutout=8)
    full, _ = with_defaults([stored, planned("b", temperature=4.0)])
    assert full.plan["temperature"] == 2.0
    assert "temperature" not in stored.plan
    assert full.plan_digest == planned("b", cutout=8).plan_digest


def test_a_default_stands_beside_another_value_in_a_comparison():
    points = with_defaults([planned("a"), planned("b", temperature=4.0)])
    assert differences(points) == [Difference("temperature", {"a": 2.0, "b": 4.0})]


def test_a_method_that_is_told_its_default_differs_in_nothing():
    """The page spells the method's settings out, a competition leaves them to the method."""
    own = in_full(PrunePlan(method="slimming").to_dict())["settings"]
    points = [planned("a", method="slimming"), planned("b", method="slimming", settings=own)]
    assert differences(with_defaults(points)) == []


def test_settings_that_every_plan_leaves_out_are_not_named():
    points = with_defaults([planned("a"), planned("b", method="l1_filter")])
    assert [each.setting for each in differences(points)] == ["method"]


def test_a_search_finds_a_setting_that_one_half_of_its_tries_leaves_out():
    """12 tries, cutout 0 or 8 by ramp 0, 0.3 or 0.6, twice: cutout gives 0.1, the ramp 0.001."""
    tries = [
        planned(f"{n}-{cutout}-{ramp}", 0.7 + cutout / 80 + ramp / 600, cutout=cutout, ramp=ramp)
        for n in range(2)
        for cutout in (0, 8)
        for ramp in (0.0, 0.3, 0.6)
    ]
    found = tries_of(with_defaults(tries), GOALS["accuracy"])
    assert [dict(each.settings) for each in found[:2]] == [
        {"ramp": 0.0, "cutout": 0},
        {"ramp": 0.3, "cutout": 0},
    ]
    assert importances(found).settings[0].setting == "cutout"


def test_the_report_says_which_values_a_setting_had():
    said = settings_in_words([planned("a"), planned("b", temperature=4.0, cutout=8)])
    assert "temperature 2.0/4.0, cutout 0/8" in said
    assert "mixup" not in said  # left out by both
    assert "temperature" not in settings_in_words([planned("a")])


def test_a_name_is_told_apart_by_a_default_too():
    labels = [p.label for p in told_apart([planned("a"), planned("b", cutout=8)])]
    assert labels == ["M, cutout 0", "M, cutout 8"]
