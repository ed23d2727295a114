import numpy as np
import pytest

from core.errors import SettingsError
from core.training.recipe import PRESETS, Recipe
from core.training.schedule import learning_rates


def test_the_course_recipe_decays_as_keras_2_did():
    rates = learning_rates(PRESETS["course"], 1001)
    assert rates[0] == np.float32(1e-4)
    assert rates[1000] == pytest.approx(1e-4 / (1 + 1e-6 * 1000))


def test_a_constant_rate_stays():
    assert set(learning_rates(Recipe(schedule="constant", learning_rate=0.5), 4)) == {0.5}


def test_cosine_falls_from_the_rate_towards_zero():
    rates = learning_rates(Recipe(schedule="cosine", learning_rate=1.0), 4)
    # cos(0), cos(pi / 4), cos(pi / 2), cos(3 pi / 4), each (1 + c) / 2
    assert rates == pytest.approx([1.0, 0.853553, 0.5, 0.146447], abs=1e-6)


def test_one_cycle_rises_to_the_rate_and_ends_at_zero():
    rates = learning_rates(Recipe(schedule="one_cycle", learning_rate=1.0, warmup=0.25), 8)
    assert rates[:2] == pytest.approx([0.5, 1.0])
    assert rates[-1] == 0
    assert (np.diff(rates[1:]) < 0).all()


def test_one_cycle_without_warmup_only_falls():
    rates = learning_rates(Recipe(schedule="one_cycle", learning_rate=1.0, warmup=0.0), 4)
    assert rates[0] == pytest.approx(0.853553)
    assert (np.diff(rates) < 0).all()


def test_the_course_preset_is_the_course_recipe():
    course = PRESETS["course"]
    assert (course.epochs, course.batch_size, course.optimizer) == (50, 32, "adam")
    assert (course.learning_rate, course.schedule, course.decay) == (1e-4, "decay", 1e-6)
    assert course.dropout == (0.25, 0.25, 0.5)
    assert course.l2 == 1e-5
    assert (course.flips, course.crop, course.cutout, course.batch_normalisation) == (
        False,
        0,
        0,
        False,
    )


def test_an_odd_cutout_is_refused():
    with pytest.raises(SettingsError, match="cutout is 5. Choose an even side"):
        Recipe(cutout=5)


def test_dropout_rates_are_replaced_together():
    assert Recipe().with_dropout((0.1, 0.2, 0.3)).dropout == (0.1, 0.2, 0.3)


def test_every_other_preset_trains_normalised_in_the_processors_best_format():
    assert list(PRESETS) == ["course", "fast", "thorough", "quick"]
    others = [recipe for name, recipe in PRESETS.items() if name != "course"]
    assert all(recipe.batch_normalisation and recipe.precision == "auto" for recipe in others)
    assert PRESETS["fast"].epochs * 5 < PRESETS["course"].epochs
    assert PRESETS["thorough"].epochs < PRESETS["course"].epochs
