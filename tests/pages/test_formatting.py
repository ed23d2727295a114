"""Numbers in words, each checked by hand."""

import pytest

from pages.components import formatting


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.25, "250 ms"),
        (8, "8 s"),
        (89, "89 s"),
        (120, "2 min"),
        (6000, "1 h 40 min"),
        (7200, "2 h"),
    ],
)
def test_durations_are_rounded_to_what_matters(seconds, shown):
    assert formatting.duration(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (2_378_512, "2.38 MB"),
        (999_700, "1 MB"),
        (1.8e12, "1.8 TB"),
        (5e15, "5 PB"),
    ],
)
def test_sizes_take_the_unit_that_fits(count, shown):
    assert formatting.size(count) == shown


def test_one_is_singular():
    assert formatting.plural(1, "run") == "1 run"
    assert formatting.plural(1200, "run") == "1,200 runs"


def test_no_moment_is_no_words():
    assert formatting.ago(None) == ""
