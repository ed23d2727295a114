"""Importance of settings: exact on a grid, silent about noise, and in agreement with Optuna."""

import itertools

import numpy as np
import pytest

from core.evaluation.importance import importances as module
from core.evaluation.importance.fanova import shares
from core.evaluation.importance.importances import FANOVA, MANY, PED_ANOVA, importances
from core.evaluation.importance.ped_anova import best_tries, ped_shares
from core.evaluation.importance.tries import Try, factor


def tries(columns, values):
    names = list(columns)
    rows = zip(*columns.values(), strict=True)
    return [
        Try(f"t{n}", f"try {n}", dict(zip(names, row, strict=True)), float(value))
        for n, (row, value) in enumerate(zip(rows, values, strict=True))
    ]


def grid(repeats=1):
    """Two methods x two sparsities x repetitions."""
    rows = list(itertools.product("ab", (0.8, 0.9), range(repeats)))
    return {"method": [row[0] for row in rows], "sparsity": [row[1] for row in rows]}


def test_on_a_full_grid_a_share_is_the_variance_of_the_means_by_hand():
    # a: .8 .6, b: .6 .4: means by method .7 .5, by sparsity .7 .5; each variance is .01 of .02
    columns = grid()
    factors = [factor(name, column) for name, column in columns.items()]
    found = shares(factors, np.array([0.8, 0.6, 0.6, 0.4]), 9, np.random.default_rng(0))
    assert [each.share for each in found] == pytest.approx([0.5, 0.5])


def test_what_matters_is_clear_and_what_does_not_is_not():
    columns, rng = grid(6), np.random.default_rng(0)
    effect = np.where(np.array(columns["method"]) == "a", 0.10, 0.0)
    found = importances(tries(columns, 0.6 + effect + rng.normal(0, 0.01, 24)))
    assert found.evaluator == FANOVA
    assert [(row.setting, row.is_clear) for row in found.settings] == [
        ("method", True),
        ("sparsity", False),
    ]
    assert found.settings[0].share > 0.9
    assert found.said.startswith("Over 24 tries, method (")
    assert "Sparsity cannot be told from chance." in found.said


def test_a_small_effect_beside_a_large_one_is_clear_all_the_same():
    """Residuals are permuted, not results: the large effect does not hide the small one."""
    columns, rng = grid(8), np.random.default_rng(1)
    large = np.where(np.array(columns["sparsity"]) == 0.9, 0.0, 0.3)
    small = np.where(np.array(columns["method"]) == "a", 0.01, 0.0)
    found = importances(tries(columns, 0.5 + large + small + rng.normal(0, 0.003, 32)))
    assert all(row.is_clear for row in found.settings)
    assert found.settings[1].share < 0.01


def test_noise_is_called_important_no_more_often_than_said():
    columns, false_alarms = grid(4), 0
    for seed in range(60):
        values = np.random.default_rng(seed).normal(0.7, 0.05, 16)
        false_alarms += any(row.is_clear for row in importances(tries(columns, values)).settings)
    assert false_alarms <= 8  # 5% of 60 are 3; more than 8 come in 0.4% of all cases


def test_settings_that_change_together_cannot_be_told_apart_and_are_named():
    columns = grid(4)
    columns["twin"] = [f"with {name}" for name in columns["method"]]
    values = np.random.default_rng(0).normal(0.7, 0.05, 16)
    found = importances(tries(columns, values))
    assert set(found.together) == {"method", "twin"}
    assert "Method and twin changed only together with others." in found.said


def test_too_few_tries_are_said_with_how_many_are_needed():
    found = importances(tries(grid(), [0.8, 0.6, 0.6, 0.4]))
    assert found.evaluator == ""
    assert found.said == (
        "4 tries cannot tell which of 2 settings mattered: 8 are needed. "
        "Run more sparsities, methods or seeds."
    )
    nine = {"level": list(range(5)) * 2, "other": ["a"] * 5 + ["b"] * 5}
    assert "10 are needed" in importances(tries(_first(nine, 9), range(9))).said  # 1 + 4 + 1 + 4


def _first(columns, count):
    return {name: column[:count] for name, column in columns.items()}


def test_equal_results_and_equal_settings_are_said():
    same = importances(tries(grid(3), [0.5] * 12))
    assert same.said == "All tries have the same result: no setting made a difference."
    assert importances([Try("a", "a", {}, 0.5)]).said == "All tries have the same settings."
    assert importances([]).settings == ()


def test_the_same_tries_say_the_same():
    columns = grid(4)
    values = np.random.default_rng(3).normal(0.7, 0.05, 16)
    assert importances(tries(columns, values)) == importances(tries(columns, values))


def many(count=160, seed=0):
    rng = np.random.default_rng(seed)
    columns = {
        "rate": np.exp(rng.uniform(np.log(1e-3), np.log(1e-1), count)).tolist(),
        "width": rng.uniform(0, 1, count).tolist(),
        "method": rng.choice(["a", "b", "c"], count).tolist(),
    }
    return columns, rng


def test_many_tries_are_judged_by_what_the_best_tenth_has():
    columns, rng = many()
    rate = np.log10(columns["rate"])
    values = -np.square(rate + 2) + rng.normal(0, 0.02, len(rate))
    found = importances(tries(columns, values))
    assert (found.evaluator, found.rest) == (PED_ANOVA, None)
    assert [row.setting for row in found.settings if row.is_clear] == ["rate"]
    assert sum(row.share for row in found.settings) == pytest.approx(1)
    noise = importances(tries(columns, rng.normal(size=len(rate))))
    assert not any(row.is_clear for row in noise.settings)
    assert noise.said.startswith(f"Over {len(rate)} tries, no setting stands out from chance.")


def test_the_evaluator_changes_where_the_best_tenth_is_ten_tries():
    columns, rng = many(MANY)
    values = rng.normal(size=MANY)
    assert importances(tries(columns, values)).evaluator == PED_ANOVA
    assert importances(tries(_first(columns, MANY - 1), values[1:])).evaluator == FANOVA
    assert best_tries(np.arange(MANY)).sum() == 10


def test_ties_among_the_best_are_not_the_first_methods():
    """A sweep runs method by method; most of these tries score 0, and three by chance .8."""
    rng = np.random.default_rng(0)
    method = [name for name in "abcd" for _ in range(30)]
    values = np.zeros(120)
    values[rng.choice(120, 3, replace=False)] = 0.8
    found = importances(tries({"method": method, "rate": rng.uniform(size=120).tolist()}, values))
    assert found.evaluator == PED_ANOVA
    assert not [row.setting for row in found.settings if row.is_clear]


@pytest.mark.slow  # Optuna takes a second to import
def test_many_tries_are_judged_as_optunas_evaluator_judges_them():
    """Alike, not equal: Optuna smooths classes more and takes nothing off for chance."""
    import optuna

    columns, _ = many(300)
    rate, width = np.log10(columns["rate"]), np.array(columns["width"])
    offset = np.array([{"a": 0.0, "b": 0.05, "c": 0.1}[each] for each in columns["method"]])
    values = -np.square(rate + 2) - 0.3 * np.abs(width - 0.5) + offset
    own = ped_shares(list(columns.items()), values, 9, np.random.default_rng(0))
    space = {
        "rate": optuna.distributions.FloatDistribution(1e-3, 1e-1, log=True),
        "width": optuna.distributions.FloatDistribution(0, 1),
        "method": optuna.distributions.CategoricalDistribution(["a", "b", "c"]),
    }
    study = optuna.create_study(direction="maximize")
    for row, value in zip(zip(*columns.values(), strict=True), values, strict=True):
        params = dict(zip(columns, row, strict=True))
        study.add_trial(
            optuna.trial.create_trial(params=params, distributions=space, value=float(value))
        )
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(evaluate_on_local=True)
    theirs = optuna.importance.get_param_importances(study, evaluator=evaluator)
    assert max(own, key=lambda each: each.share).name == next(iter(theirs)) == "rate"
    for each in own:
        assert each.share == pytest.approx(theirs[each.name], abs=0.15)


def test_every_evaluator_has_a_source():
    assert set(module.SOURCES) == {FANOVA, PED_ANOVA}
