"""The grids of docs/federated-results.md have their best rate inside."""

import numpy as np
import pytest

from benchmarks import rate_grids
from benchmarks.rate_grids import best_inside, best_rate, interval, last_accuracy, tuned


def peak_at(best):
    return lambda rate: 1 - abs(np.log10(rate / best))


@pytest.mark.parametrize("best", [1e-4, 0.003, 0.1, 0.3, 30.0, 1000.0])
def test_the_grid_is_extended_until_the_best_rate_is_inside(best):
    grid = best_inside(peak_at(best), rate_grids.FIRST_RATES)
    assert best_rate(grid) == pytest.approx(best)
    assert min(grid) < best_rate(grid) < max(grid)


def test_a_grid_that_never_peaks_ends():
    assert max(best_inside(lambda rate: rate, (1.0,))) == 1e6
    assert min(best_inside(lambda rate: -rate, (1.0,))) == 1e-6


def test_of_equal_rates_the_smaller_is_the_best():
    assert best_rate({0.1: 0.9, 0.3: 0.9, 1.0: 0.5}) == 0.1


def test_a_run_that_diverged_counts_as_never_right():
    assert last_accuracy([{"validation_accuracy": float("nan")}]) == 0.0
    assert last_accuracy([{"validation_accuracy": None}]) == 0.0


def test_rates_are_chosen_on_draws_that_nothing_is_reported_from():
    assert not set(rate_grids.TUNING_DRAWS) & set(rate_grids.REPORTED_DRAWS)
    assert len(rate_grids.REPORTED_DRAWS) >= 5
    seen = []

    def measure(run, draw):
        seen.append(draw)
        return [{"validation_accuracy": peak_at(0.1)(run["learning_rate"])}]

    tuned(measure, {})
    assert set(seen) == set(rate_grids.TUNING_DRAWS)


def test_the_interval_is_students():
    values = [0.7, 0.8, 0.9]
    from scipy import stats  # imports for a second

    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    assert interval(values) == f"0.800 ± {(high - low) / 2:.3f}"
