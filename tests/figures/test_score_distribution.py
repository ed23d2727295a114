"""The spread of scores: every score in one bar."""

import pytest

from core.figures.score_distribution import score_histogram


def test_every_score_is_in_the_bar_that_begins_at_or_below_it():
    chart = score_histogram([0.0, 0.04, 0.05, 0.15, 0.849, 0.85, 1.0])
    counts = {row["from"]: row["people"] for row in chart.rows if row["people"]}
    # 0.05 and 0.15 begin a bar; 1.0 ends the last one, which begins at 0.95.
    assert counts == {0.0: 2, 0.05: 1, 0.15: 1, 0.8: 1, 0.85: 1, 0.95: 1}
    assert chart.alt == "7 scores from 0.000 to 1.000, the middle one 0.150."


@pytest.mark.parametrize("place", range(20))
def test_rounding_moves_no_score_into_the_bar_before(place):
    rows = score_histogram([round(place * 0.05, 2)]).rows
    assert [row["from"] for row in rows if row["people"]] == [round(place * 0.05, 2)]
