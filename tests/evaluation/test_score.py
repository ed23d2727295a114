"""The assignment's rule, at and around its threshold."""

import pytest

from core.evaluation.score import score


def test_the_score_is_the_mean_of_accuracy_and_sparsity() -> None:
    assert score(0.746, 0.970) == pytest.approx(0.858)


def test_at_the_threshold_the_score_is_zero_and_above_it_counts() -> None:
    assert score(0.6, 0.9) == 0.0
    assert score(0.61, 0.9) == pytest.approx(0.755)
    assert score(0.55, 0.9, threshold=0.5) == pytest.approx(0.725)


def test_an_unpruned_network_scores_nothing() -> None:
    assert score(0.9, 0.0) == 0.0
