"""The competition: proposals, successive halving, and nothing but validation scores."""

from dataclasses import replace

import pytest

from core.errors import SettingsError
from core.pruning.search.competition import FIRST_RUNG, SECOND_RUNG, Made, compete
from core.pruning.search.proposals import START, Entry, plan_of, propose
from core.training.recipe import MOST_EPOCHS


def entry(score, **values):
    return Entry({**START, **values}, 3, 2 * score - 0.98, 0.98, score, 1.0)


class Bench:
    """A trainer without a machine: ten seconds an epoch, better with more epochs."""

    def __init__(self):
        self.trained, self.pruned = [], []

    def epoch_seconds(self):
        return 10.0, 5.0

    def train(self, recipe, seed):
        self.trained.append((recipe.epochs, seed))
        return Made("dense", 0.8, 0.0, 0.0, 10.0 * recipe.epochs)

    def prune(self, dense, plan, seed):
        self.pruned.append((dense, plan, seed))
        accuracy = 0.7 + 0.001 * plan.epochs - 0.1 * abs(plan.dropout - 0.2)
        score = (accuracy + plan.sparsity) / 2
        return Made(f"p{len(self.pruned)}", accuracy, plan.sparsity, score, 10.0 * plan.epochs)


def test_the_first_proposal_is_the_known_good_start():
    assert propose([], 0) == START


def test_proposals_depend_on_what_was_tried_and_the_seed_only():
    tried = [entry(0.8), entry(0.85, sparsity=0.985)]
    assert propose(tried, 3) == propose(tried, 3)
    assert propose(tried, 3) != propose(tried, 4)
    assert propose(tried, 3) != propose(tried[:1], 3)


@pytest.mark.parametrize("seed", range(5))
def test_every_proposal_is_a_valid_plan(seed):
    tried = [entry(0.8 + 0.01 * index, dropout=0.1 * index) for index in range(5)]
    plan = plan_of(propose(tried, seed), 4)
    assert 0.97 <= plan.sparsity <= 0.99
    assert plan.epochs == 4


def test_a_competition_halves_its_field_and_spends_the_rest_on_the_best():
    found = compete(60, 1, Bench())
    assert len(found.entries) == FIRST_RUNG + SECOND_RUNG + 1
    first, second, final = found.entries[:6], found.entries[6:8], found.entries[8]
    assert {e.epochs for e in second} == {2 * first[0].epochs}
    best_two = sorted(first, key=lambda e: -e.score)[:2]
    assert [e.values for e in second] == [e.values for e in best_two]
    assert final.values in [e.values for e in second]
    assert found.best.id == "p9"


def test_the_time_is_kept():
    bench = Bench()
    compete(60, 1, bench)
    epochs = bench.trained[0][0] + sum(plan.epochs for _, plan, _ in bench.pruned)
    assert 0.85 * 3600 <= 10.0 * epochs + 5.0 <= 0.9 * 3600


def test_the_same_competition_asks_for_the_same_networks():
    one, two = Bench(), Bench()
    compete(60, 1, one)
    compete(60, 1, two)
    assert (one.trained, one.pruned) == (two.trained, two.pruned)


def test_a_given_dense_network_is_not_trained_again():
    bench = Bench()
    found = compete(60, 1, bench, dense="mine")
    assert (bench.trained, found.dense.id) == ([], "mine")
    assert {dense for dense, _, _ in bench.pruned} == {"mine"}


class Hard(Bench):
    """A trainer whose networks stay under the threshold; more epochs come nearer to it."""

    def prune(self, dense, plan, seed):
        self.pruned.append((dense, plan, seed))
        accuracy = 0.4 + 0.001 * plan.epochs
        return Made(f"p{len(self.pruned)}", accuracy, plan.sparsity, 0.0, 10.0 * plan.epochs)


def test_where_nothing_scores_the_most_accurate_wins():
    found = compete(60, 1, Hard())
    assert found.best.id == f"p{len(found.entries)}"
    assert found.best.accuracy == max(entry.accuracy for entry in found.entries)


def test_what_scores_is_better_than_what_does_not():
    assert (
        entry(0.795, sparsity=0.98).objective
        > replace(entry(0.0), accuracy=0.6, score=0.0).objective
    )


@pytest.mark.parametrize("minutes", [2, 3, 5, 8, 12, 20, 200])
def test_no_time_is_too_short_to_be_kept(minutes):
    bench = Bench()
    found = compete(minutes, 1, bench)
    epochs = bench.trained[0][0] + sum(plan.epochs for _, plan, _ in bench.pruned)
    assert 10.0 * epochs + 5.0 <= 60 * minutes * 0.9
    assert found.best.score == max(entry.score for entry in found.entries)


def test_a_time_of_a_few_epochs_is_refused_with_the_least_that_does():
    with pytest.raises(
        SettingsError, match=r"^1 minute is too short .* takes 10 s .*at least 2 minutes\."
    ):
        compete(1, 1, Bench())
    compete(2, 1, Bench())


class Quick(Bench):
    """A small data set: an epoch takes a hundredth of a second."""

    def epoch_seconds(self):
        return 0.01, 0.1

    def train(self, recipe, seed):
        return replace(super().train(recipe, seed), seconds=0.01 * recipe.epochs)

    def prune(self, dense, plan, seed):
        return replace(super().prune(dense, plan, seed), seconds=0.01 * plan.epochs)


def test_however_long_the_time_no_run_has_more_epochs_than_a_run_may_have():
    bench = Quick()
    found = compete(240, 1, bench)
    assert max(entry.epochs for entry in found.entries) == MOST_EPOCHS
    assert bench.trained[0][0] == MOST_EPOCHS
