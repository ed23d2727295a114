"""Beating is two standard errors over pairs that differ in the method alone."""

import math

import pytest

from core.evaluation.paired import lead, level, pairs
from tests.evaluation.points import point

SURE = {"confusion": ((50_000, 0), (0, 50_000))}  # so many images that only seeds matter


def both(ours, theirs, **other):
    return (
        [point(a, 0.9, "magnitude", seed=i, **(SURE | other)) for i, a in enumerate(ours)],
        [point(a, 0.9, "random", seed=i, **SURE) for i, a in enumerate(theirs)],
    )


def test_only_networks_in_the_same_circumstances_are_pairs() -> None:
    ours, theirs = both([0.8, 0.7], [0.6, 0.5])
    assert [(a.seed, b.seed) for a, b in pairs(ours, theirs)] == [(0, 0), (1, 1)]
    papers = {"sparsity": 0.9, "label": "pure"}
    for differs in (
        {"parent": "other"}, {"epochs": 12.0}, {"plan": {"sparsity": 0.8}}, {"plan": papers}
    ):  # fmt: skip
        assert not pairs(both([0.8], [0.6], **differs)[0], theirs)


def test_the_level_is_the_sparsity_that_was_asked_for() -> None:
    assert level(point(0.8, 0.8994, plan={"sparsity": 0.9})) == 0.9
    assert level(point(0.8, 0.8994, plan={})) == 0.9


def test_a_lead_has_the_standard_error_of_its_differences() -> None:
    # Differences .1 and .2: mean .15, deviation .0707, error .0707 / sqrt(2) = .05.
    found = lead(pairs(*both([0.8, 0.8], [0.7, 0.6])))
    assert found.mean == pytest.approx(0.15)
    assert found.error == pytest.approx(0.05)
    assert found.is_clear
    assert not found.is_behind


def test_a_lead_within_two_errors_is_not_clear() -> None:
    found = lead(pairs(*both([0.80, 0.70], [0.72, 0.70])))  # .08 and 0: .04 with error .04
    assert not found.is_clear
    assert not found.is_behind


def test_a_single_pair_has_the_error_of_its_images() -> None:
    # 20 images each: variance .8 * .2 / 20 + .6 * .4 / 20 = .02, error .1414.
    found = lead(pairs([point(0.8, 0.9)], [point(0.6, 0.9, "random")]))
    assert found.error == pytest.approx(math.sqrt(0.02))
    assert not found.is_clear


def test_more_pairs_on_the_same_images_do_not_make_their_number_larger() -> None:
    """Nine seeds of two methods without training are nine times the same pair."""
    once = lead(pairs([point(0.8, 0.9)], [point(0.6, 0.9, "random")]))
    ours = [point(0.8, 0.9, seed=seed) for seed in range(9)]
    theirs = [point(0.6, 0.9, "random", seed=seed) for seed in range(9)]
    often = lead(pairs(ours, theirs))
    assert (often.pairs, once.pairs) == (9, 1)
    assert often.error == pytest.approx(once.error)


def test_without_pairs_there_is_no_lead() -> None:
    assert lead([]) is None
