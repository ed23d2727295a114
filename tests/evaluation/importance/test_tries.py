"""Networks as tries: which settings differ, and numbers in classes."""

import pytest

from core.evaluation.importance.tries import GOALS, factor, tries_of
from tests.evaluation.points import point


def made(sparsity, method="magnitude", seed=0, **more):
    plan = {"method": method, "sparsity": sparsity, "settings": more.pop("settings", {})}
    accuracy = more.pop("accuracy", 0.7)
    own = {"seed": seed, "plan": plan, "id": f"{method}{sparsity}{seed}"}
    return point(accuracy, sparsity, method, **own, **more)


def test_what_differs_is_a_setting_and_seeds_repeat_a_try():
    tries = tries_of([made(0.8), made(0.9, "l1_filter"), made(0.9, seed=1)], GOALS["accuracy"])
    assert [each.settings for each in tries] == [
        {"method": "magnitude", "sparsity": 0.8},
        {"method": "l1_filter", "sparsity": 0.9},
        {"method": "magnitude", "sparsity": 0.9},
    ]
    assert {each.value for each in tries} == {0.7}


def test_a_setting_that_only_some_methods_have_is_left_out():
    tries = tries_of([made(0.8), made(0.9, settings={"own": 3})], GOALS["accuracy"])
    assert [list(each.settings) for each in tries] == [["sparsity"], ["sparsity"]]


def test_networks_without_a_plan_or_from_elsewhere_are_no_tries():
    imported = made(0.9, notes=("Imported: measured elsewhere, not on this machine.",))
    assert tries_of([point(0.8, 0.0, plan={}), imported], GOALS["accuracy"]) == []


def test_the_score_is_that_of_validation_images():
    found = made(0.9, validation_accuracy=0.7, accuracy=0.5)
    (only,) = tries_of([found], GOALS["score"])
    assert only.value == pytest.approx(0.8)  # (0.7 + 0.9) / 2
    assert GOALS["score"].text(only.value) == "0.800"


def test_few_numbers_are_classes_and_many_are_ranges_that_hold_equally_many():
    few = factor("sparsity", [0.8, 0.9, 0.8])
    assert (few.levels, few.codes.tolist()) == (("0.8", "0.9"), [0, 1, 0])
    many = factor("rate", [n / 100 for n in range(100)])
    assert [int((many.codes == code).sum()) for code in range(4)] == [25, 25, 25, 25]
    assert many.levels[0] == "0 to 0.24"
    assert factor("on", [True, False, True]).levels == ("False", "True")
