import json

import pytest

from core.errors import SettingsError
from core.pruning.methods import METHODS
from core.pruning.paper_recipe import default_recipe, paper_recipe
from core.pruning.plan import DEFAULT, PAPER, PrunePlan, recipe_of
from core.training.recipe import Recipe

DENSITIES = {"conv1": 1.0, "conv2": 0.25, "conv3": 0.5, "conv4": 0.16, "dense1": 0.01}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("make", [paper_recipe, default_recipe])
def test_a_plan_survives_json(method, make):
    plan = make(method, 0.9, 6)
    assert PrunePlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


def test_the_two_recipes_are_labelled_and_differ():
    assert paper_recipe("magnitude", 0.9, 6).label == PAPER
    assert default_recipe("magnitude", 0.9, 6).label == DEFAULT
    assert paper_recipe("magnitude", 0.9, 6).digest != default_recipe("magnitude", 0.9, 6).digest


def test_the_digest_depends_on_the_settings_of_the_method():
    plain = PrunePlan(method="l1_filter")
    assert plain.digest != PrunePlan(method="l1_filter", settings={"scoring": "greedy"}).digest
    assert plain.digest == PrunePlan(method="l1_filter").digest


def test_dropout_shrinks_with_the_square_root_of_the_density():
    """D = D0 sqrt(kept / all): 0.25 * sqrt(0.25), 0.25 * sqrt(0.16), 0.5 * sqrt(0.01)."""
    recipe = recipe_of(PrunePlan(dropout=0.5), 4, DENSITIES)
    assert recipe.dropout == pytest.approx((0.125, 0.1, 0.05))


def test_normalisation_is_for_training_only():
    assert PrunePlan(epochs=3).has_batchnorm
    assert not PrunePlan(epochs=0).has_batchnorm
    assert not paper_recipe("magnitude", 0.9, 3).has_batchnorm


def test_dropout_can_be_left_as_it_is():
    recipe = recipe_of(PrunePlan(dropout=0.5, scale_dropout=False), 4, DENSITIES)
    assert recipe.dropout == (0.25, 0.25, 0.5)


@pytest.mark.parametrize(
    ("retraining", "schedule", "rate"),
    [("one_cycle", "one_cycle", 1e-3), ("rewind", "cosine", 1e-3), ("fine_tune", "constant", 1e-4)],
)
def test_retraining_decides_the_learning_rate(retraining, schedule, rate):
    recipe = recipe_of(PrunePlan(retraining=retraining, learning_rate=1e-3), 4, DENSITIES)
    assert (recipe.schedule, recipe.epochs) == (schedule, 4)
    assert recipe.learning_rate == pytest.approx(rate)


# What version 0.1's plans did not say; they keep their identity while it has its default.
NEW = {
    "temperature": 4.0,
    "cutout": 8,
    "mixup": 0.2,
    "label_smoothing": 0.1,
    "swa": 0.25,
    "swa_rate": 0.5,
    "swa_schedule": "cyclic",
}


def test_a_plan_without_the_new_settings_is_the_plan_it_was():
    assert not NEW.keys() & PrunePlan().to_dict().keys()
    assert PrunePlan().digest == "85d8c1dc56c15100"


@pytest.mark.parametrize("name", NEW)
def test_new_settings_are_stored_change_the_identity_and_come_back(name):
    plan = PrunePlan(**{name: NEW[name]})
    assert plan.to_dict()[name] == NEW[name]
    assert plan.digest != PrunePlan().digest
    assert PrunePlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


@pytest.mark.parametrize("name", NEW)
def test_the_retraining_does_what_the_plan_says(name):
    assert getattr(recipe_of(PrunePlan(**{name: NEW[name]}), 4, DENSITIES), name) == NEW[name]
    assert getattr(recipe_of(PrunePlan(), 4, DENSITIES), name) == getattr(Recipe(), name)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"cutout": 7}, "cutout is 7. Choose an even side"),
        ({"method": "magic"}, "method is 'magic'. Choose one of: magnitude"),
        ({"sparsity": 1.0}, "Choose a value from 0.0 to 0.9999"),
        ({"allocation": "balanced"}, "Magnitude cannot use the allocation 'balanced'"),
        ({"method": "taylor", "allocation": "lamp"}, "Choose one of: auto, balanced"),
        ({"method": "l1_filter", "schedule": "gradual"}, "Choose one_shot or iterative"),
        ({"method": "thinet", "schedule": "alternating"}, "which is not alternating. Choose one"),
        ({"settings": {"speed": 3}}, "has no setting 'speed'"),
        ({"method": "taylor", "settings": {"images": 0}}, "images is 0"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(values, message):
    with pytest.raises(SettingsError, match=message):
        PrunePlan(**values)


def test_auto_becomes_concrete():
    assert PrunePlan().resolved_allocation == "lamp"
    assert PrunePlan().resolved_schedule == "gradual"
    assert PrunePlan(method="l1_filter").resolved_allocation == "balanced"
    assert PrunePlan(method="l1_filter").resolved_schedule == "one_shot"
    assert PrunePlan(epochs=0).resolved_schedule == "one_shot"


@pytest.mark.parametrize("make", [paper_recipe, default_recipe])
def test_a_new_plan_begins_with_the_settings_that_the_method_recommends(make):
    assert make("slimming", 0.9, 6).settings == {"growth": 1e4}
    assert make("thinet", 0.9, 6).settings == {}
