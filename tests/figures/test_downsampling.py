"""A long curve is drawn with fewer points, and looks the same."""

import math

from core.figures.convergence import Curve, convergence
from core.figures.downsampling import MOST_DRAWN, thinned


def test_a_short_curve_is_drawn_whole():
    assert list(thinned([3.0, 1.0, 2.0])) == [0, 1, 2]


def test_of_each_piece_the_lowest_and_the_highest_are_drawn_and_both_ends():
    # 8 values, 4 wanted: pieces of 2 * 8 / 4 = 4; extremes 9 and 1, then 8 and 0.
    assert thinned([5, 9, 1, 4, 8, 3, 0, 7], most=4) == [0, 1, 2, 4, 6, 7]


def test_a_gap_stays_a_gap():
    values = [0.5] * 5000
    values[2500] = math.nan
    kept = thinned(values)
    assert 2500 in kept
    assert len(kept) <= MOST_DRAWN


def test_what_is_drawn_of_a_run_does_not_grow_with_its_rounds_and_the_table_has_all():
    def chart(rounds):
        rows = [{"round": n, "train_loss": math.sin(n)} for n in range(rounds)]
        return convergence([Curve("FedAvg", rows)], "round", "train_loss")

    for rounds in (5_000, 50_000):
        drawn = chart(rounds)
        assert len(drawn.traces[0]["x"]) <= MOST_DRAWN + 2
        assert len(drawn.rows) == rounds
