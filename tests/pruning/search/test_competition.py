"""The competition: proposals, successive halving, and nothing but validation scores."""

import math
from dataclasses import replace

import pytest

from core.errors import SettingsError
from core.pruning.search.competition import (
    FIRST_RUNG,
    SECOND_RUNG,
    Made,
    Shares,
    compete,
    trained_on,
)
from core.pruning.search.proposals import START, Entry, Outlook, plan_of, propose
from core.pruning.search.spec import CompeteSpec
from core.training.recipe import MOST_EPOCHS


def entry(score, **values):
    return Entry({**START, **values}, 3, 2 * score - 0.98, 0.98, score, 1.0)


class Bench:
    """A trainer without a machine: ten seconds an epoch, better with more of them.

    Each run takes `beside` seconds beside its training, which ends with its last whole epoch.
    """

    epoch = 10.0
    beside = 6.0
    highest, usual = 1.0, 0.97

    def __init__(self):
        self.trained, self.pruned, self.now = [], [], 0.0

    def given(self, dense):
        return Made(dense, 0.8, 0.0, 0.0, 0.0)

    def epoch_seconds(self):
        self.now += 5.0
        return self.epoch, 5.0

    def spent(self, seconds):
        """Return epochs and seconds of a run that trains for so long."""
        began, epochs = self.now, 0
        while not epochs or self.now - began + self.epoch <= seconds:
            self.now, epochs = self.now + self.epoch, epochs + 1
        self.now += self.beside
        return epochs, self.now - began

    def train(self, recipe, seed):
        self.trained.append((recipe.seconds, seed))
        epochs, seconds = self.spent(recipe.seconds)
        return Made("dense", 0.8, 0.0, 0.0, seconds, epochs)

    def prune(self, dense, plan, seed):
        self.pruned.append((dense, plan, seed))
        epochs, seconds = self.spent(plan.seconds)
        accuracy = 0.7 + 0.001 * epochs - 0.1 * abs(plan.dropout - 0.2)
        score = (accuracy + plan.sparsity) / 2
        return Made(f"p{len(self.pruned)}", accuracy, plan.sparsity, score, seconds, epochs)


def lossy(sparsity, lost):
    """A try of a dense network's 0.8."""
    accuracy = 0.8 - lost
    return Entry(
        {**START, "sparsity": sparsity}, 4, accuracy, sparsity, (accuracy + sparsity) / 2, 1.0
    )


def test_the_first_proposal_is_the_known_good_start():
    assert propose([], 0) == START
    assert propose([], 0, Outlook(usual=0.8)) == START | {"sparsity": 0.8}


@pytest.mark.parametrize(
    ("tried", "then"),
    [
        ([(0.97, 0.02)], 0.985),  # 2 points lost for 3 that are left to take
        ([(0.97, 0.02), (0.985, 0.01)], 0.9925),
        ([(0.97, 0.02), (0.985, 0.016)], 1 - math.sqrt(0.03 * 0.015)),
        ([(0.97, 0.04)], 0.94),
        ([(0.97, 0.04), (0.94, 0.03)], 1 - math.sqrt(0.03 * 0.06)),
        ([(0.97, 0.04), (0.94, 0.07)], 0.88),
        ([(0.97, 0.3)], 0.7),  # at chance: as far back as it may pay
        ([(0.97, 0.6)], 0.5),
    ],
)
def test_sparsities_are_tried_in_a_bisection_by_what_is_lost(tried, then):
    found = propose([lossy(*each) for each in tried], 0, Outlook(dense=0.8, epochs=4))
    assert found["sparsity"] == pytest.approx(then)
    assert found | {"sparsity": 0.97} == START


def test_proposals_depend_on_what_was_tried_and_the_seed_only():
    tried = [entry(0.8), entry(0.85, sparsity=0.985), entry(0.84, sparsity=0.955), entry(0.7)]
    assert propose(tried, 3) == propose(tried, 3)
    assert propose(tried, 3) != propose(tried, 4)
    assert propose(tried, 3) != propose(tried[:3], 3)


@pytest.mark.parametrize("seed", range(5))
def test_every_proposal_is_a_valid_plan(seed):
    tried = [entry(0.8 + 0.01 * index, dropout=0.1 * index) for index in range(5)]
    plan = plan_of(propose(tried, seed), 4)
    assert 0.94 <= plan.sparsity <= 0.99
    tried = [lossy(0.5, 0.02), lossy(0.7, 0.3), lossy(0.6, 0.1)]
    assert 0.5 <= plan_of(propose(tried, seed), 4).sparsity <= 0.99
    assert plan.epochs == 4


def test_a_competition_halves_its_field_and_spends_the_rest_on_the_best():
    found = compete(60, 1, Bench())
    assert len(found.entries) == FIRST_RUNG + SECOND_RUNG + 1
    first, second, final = found.entries[:6], found.entries[6:8], found.entries[8]
    assert {round(e.seconds / f.seconds) for e, f in zip(second, first, strict=False)} == {2}
    best_two = sorted(first, key=lambda e: -Outlook(0.8, 120).objective(e))[:2]
    assert [e.values for e in second] == [e.values for e in best_two]
    assert final.values in [e.values for e in second]
    assert found.best.id == "p9"


def test_what_a_try_lost_is_expected_to_shrink_with_the_epochs_to_the_power_of_035():
    """16 epochs are four times 4: 10 points lost become 10 / 4^.35 = 6.156."""
    tried = replace(entry(0.0, sparsity=0.97), accuracy=0.7, sparsity=0.97, epochs=4, score=0.835)
    assert Outlook(0.8, 16).objective(tried) == pytest.approx((0.8 - 0.06156 + 0.97) / 2, abs=1e-5)
    assert Outlook(0.8, 4).objective(tried) == Outlook(0.8, 2).objective(tried) == tried.objective
    assert Outlook(0.65, 16).objective(tried) == tried.objective  # better than dense already


def test_a_try_below_the_threshold_may_promise_a_score_and_a_failed_one_nothing():
    tried = replace(entry(0.0), accuracy=0.55, sparsity=0.99, epochs=4, score=0.0)
    assert Outlook(0.8, 64).objective(tried) > 0.8
    failed = replace(tried, accuracy=0.0, epochs=0)
    assert Outlook(0.8, 64).objective(failed) == failed.objective == -1


class Shrinking(Bench):
    """What is lost grows with the zeros and shrinks with the epochs: long runs want more zeros."""

    def prune(self, dense, plan, seed):
        self.pruned.append((dense, plan, seed))
        epochs, seconds = self.spent(plan.seconds)
        lost = 0.008 * (1 - plan.sparsity) ** -0.75 * (epochs / 6) ** -0.35
        accuracy = 0.8 - lost
        score = (accuracy + plan.sparsity) / 2
        return Made(f"p{len(self.pruned)}", accuracy, plan.sparsity, score, seconds, epochs)


def test_a_long_last_run_is_sparser_than_the_brief_try_that_scored_best():
    found = compete(200, 1, Shrinking(), shares=Shares(0.1, 0.05))
    *tries, last = found.entries
    best = max(tries, key=lambda each: each.score)
    assert last.sparsity > best.sparsity
    scores = [
        replace(plan, seconds=last.seconds)
        for plan in (plan_of({**START, "sparsity": each.sparsity}, 1) for each in tries)
    ]
    assert last.score == max(Shrinking().prune("d", plan, 0).score for plan in scores)


def test_where_six_recipes_do_not_fit_three_sparsities_are_tried():
    found = compete(20, 1, Shrinking())
    *tries, last = found.entries
    assert len({each.values["sparsity"] for each in tries}) == len(tries) == 3
    assert all(each.values | {"sparsity": 0.97} == START for each in tries)
    assert last.values in [each.values for each in tries]


class Small(Shrinking):
    """A network that holds fewer zeros, and that falls to chance a little below that."""

    highest, usual = 0.9, 0.8

    def prune(self, dense, plan, seed):
        made = super().prune(dense, plan, seed)
        if plan.sparsity <= 0.6:
            return made
        return replace(made, accuracy=0.2, score=0.0)


@pytest.mark.parametrize("minutes", [20, 60])
def test_sparsities_are_shares_of_what_a_network_holds_and_a_fall_to_chance_is_left_again(minutes):
    bench = Small()
    found = compete(minutes, 1, bench)
    assert bench.pruned[0][1].sparsity == pytest.approx(0.8 * 0.9)
    assert found.best.score > 0.6
    assert found.entries[-1].sparsity <= 0.6


def test_a_winner_is_trained_on_as_sparse_as_it_is_whatever_its_network_holds():
    bench = Small()
    trained_on(10, 0, bench, "winner", replace(entry(0.87), sparsity=0.55))
    assert bench.pruned[0][1].sparsity == pytest.approx(0.55)


@pytest.mark.parametrize("minutes", [10, 30, 60])
def test_all_of_the_time_is_used_and_no_more(minutes):
    bench = Bench()
    compete(minutes, 1, bench)
    assert 60 * minutes * 0.95 <= bench.now <= 60 * minutes


class BusyAtFirst(Bench):
    """Half of the machine is somebody else's in the first half of the hour."""

    @property
    def epoch(self):
        return 20.0 if self.now < 1800 else 10.0


def test_a_machine_that_was_busy_at_first_gets_what_is_left_of_the_time():
    bench = BusyAtFirst()
    compete(60, 1, bench)
    assert 3600 * 0.95 <= bench.now <= 3600


def test_tries_too_short_to_tell_recipes_apart_are_not_made():
    bench = Bench()
    found = compete(3, 1, bench)
    assert [entry.values for entry in found.entries] == [START]


def test_the_same_competition_asks_for_the_same_networks():
    one, two = Bench(), Bench()
    compete(60, 1, one)
    compete(60, 1, two)
    assert (one.trained, one.pruned) == (two.trained, two.pruned)


@pytest.mark.parametrize(("dense", "search"), [(0.1, 0.0), (0.1, 0.4), (0.6, 0.2)])
def test_the_time_is_divided_as_the_shares_say_and_used_up(dense, search):
    bench = Bench()
    found = compete(60, 1, bench, shares=Shares(dense, search))
    [(trained, _)] = bench.trained
    assert trained == pytest.approx(dense * (3600 - 5))
    tries = sum(entry.seconds for entry in found.entries[:-1])
    assert search * 3600 * 0.6 <= tries <= search * 3600
    assert (tries > 0) == (search > 0)
    assert 3600 * 0.95 <= bench.now <= 3600


def test_without_a_search_nearly_all_of_the_time_goes_into_one_trajectory():
    bench = Bench()
    compete(60, 1, bench, shares=Shares(0.05, 0.0))
    [(_, plan, _)] = bench.pruned
    assert (plan.resolved_schedule, plan.seconds > 0.9 * 3600) == ("gradual", True)


def test_shares_change_a_competitions_identity_only_where_they_are_not_the_usual():
    usual = CompeteSpec(data="d", minutes=60.0)
    assert usual.shares == Shares()
    assert not {"dense_share", "search_share"} & usual.to_json().keys()
    other = replace(usual, dense_share=0.1)
    assert other.to_json()["dense_share"] == 0.1
    assert CompeteSpec.from_json(other.to_json()).shares == Shares(0.1, 0.2)
    with pytest.raises(SettingsError, match="leave less than 10% of the time for the last run"):
        replace(usual, dense_share=0.7, search_share=0.3)


def test_a_given_dense_network_is_not_trained_again():
    bench = Bench()
    found = compete(60, 1, bench, dense="mine")
    assert (bench.trained, found.dense.id) == ([], "mine")
    assert {dense for dense, _, _ in bench.pruned} == {"mine"}


class Hard(Bench):
    """A trainer whose networks stay under the threshold; more epochs come nearer to it."""

    def prune(self, dense, plan, seed):
        self.pruned.append((dense, plan, seed))
        epochs, seconds = self.spent(plan.seconds)
        accuracy = 0.4 + 0.001 * epochs
        return Made(f"p{len(self.pruned)}", accuracy, plan.sparsity, 0.0, seconds, epochs)


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
    assert bench.now <= 60 * minutes
    assert found.best.score == max(entry.score for entry in found.entries)


def test_a_time_of_a_few_epochs_is_refused_with_the_least_that_does():
    with pytest.raises(
        SettingsError, match=r"^1 minute is too short .* takes 10 s .*at least 2 minutes\."
    ):
        compete(1, 1, Bench())
    compete(2, 1, Bench())


class Quick(Bench):
    """A small data set: an epoch takes a tenth of a second."""

    epoch = 0.1


def test_however_long_the_time_no_run_is_planned_for_more_epochs_than_a_run_may_have():
    bench = Quick()
    compete(600, 1, bench)
    assert max(plan.epochs for _, plan, _ in bench.pruned) == MOST_EPOCHS


@pytest.mark.parametrize("minutes", [3, 10, 60])
def test_more_time_is_spent_on_the_winner_as_sparse_as_it_is(minutes):
    bench = Bench()
    of = entry(0.87, sparsity=0.96, dropout=0.2)
    made, found = trained_on(minutes, 0, bench, "winner", replace(of, sparsity=0.958))
    [(network, plan, _)] = bench.pruned
    assert (network, plan.sparsity, plan.dropout) == ("winner", 0.958, 0.2)
    assert plan.resolved_schedule == "one_shot"
    assert not bench.trained
    assert 0.9 * 60 * minutes - 2 * bench.epoch <= bench.now <= 60 * minutes
    assert (found.objective, found.epochs) == (made.objective, made.epochs)
    assert plan_of(found.values, found.epochs).schedule == "one_shot"


def test_too_little_more_time_is_refused():
    with pytest.raises(SettingsError, match="too short for a competition"):
        trained_on(0.5, 0, Bench(), "winner", entry(0.87))
