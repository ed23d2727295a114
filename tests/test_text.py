"""Numbers, counts, shares and times in text, each checked by hand."""

import pytest

from core import text


def test_a_score_has_three_decimals_wherever_it_stands():
    assert [text.score_text(score) for score in (0.88649, 0.97, 0.0)] == ["0.886", "0.970", "0.000"]


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
    assert text.duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.931, "a few seconds left"),
        (9.9, "a few seconds left"),
        (12, "about 10 s left"),
        (58, "about 60 s left"),
        (125, "about 2 min left"),
    ],
)
def test_an_estimate_is_no_finer_than_it_is_good_for(seconds, shown):
    assert text.time_left(seconds) == shown


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
    assert text.size(count) == shown


def test_limits_are_shown_in_powers_of_1024():
    assert text.binary_size(500 * 2**20) == "500 MiB"
    assert text.binary_size(12 * 2**10) == "12 KiB"


def test_one_is_singular():
    assert text.plural(1, "run") == "1 run"
    assert text.plural(0, "run") == "0 runs"
    assert text.plural(1200, "run") == "1,200 runs"
    assert text.plural(2, "class", "classes") == "2 classes"
    assert text.plural(1.0, "epoch") == "1 epoch"
    assert text.plural(0.5, "epoch") == "0.5 epochs"


def test_percent_has_no_space_and_a_fixed_number_of_decimals():
    assert text.percent(0.975) == "97.5%"
    assert text.percent(0.9, 0) == "90%"
    assert text.percent(float("nan")) == "–"


def test_a_chosen_share_has_the_decimals_it_needs():
    # 0.57 * 100 is 56.99999999999999 in binary.
    assert [text.exact_percent(s) for s in (0.5, 0.57, 0.975, 0.9925)] == [
        "50%", "57%", "97.5%", "99.25%",
    ]  # fmt: skip


def test_differences_of_shares_are_points_not_percent():
    assert [text.signed_points(d) for d in (0.02, -0.051, -0.0001)] == [
        "+2.0 points", "−5.1 points", "+0.0 points",
    ]  # fmt: skip


def test_a_limit_is_never_rounded_up():
    assert text.rounded_down_percent(0.99985327, 4) == "99.9853%"
    assert text.rounded_down_percent(0.9999, 2) == "99.99%"
    assert text.rounded_down_percent(0.99999, 2) == "99.99%"
    assert text.rounded_down_percent(0.5, 4) == "50%"


def test_thousands_have_commas_and_no_decimals():
    assert text.thousands(2196854.0) == "2,196,854"
    assert text.thousands(float("inf")) == "–"


def test_names_are_listed_as_a_phrase():
    assert [text.listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip
    assert text.listed(["a", "b"], "or") == "a or b"


def test_ratios_lose_their_decimal_from_ten():
    assert [text.times(r) for r in (3.24, 9.94, 9.97, 1234)] == [
        "3.2 times", "9.9 times", "10 times", "1,234 times",
    ]  # fmt: skip


def test_no_moment_is_no_words():
    assert text.ago(None) == ""
    assert text.clock(None) == ""


def test_headers_of_one_table_are_all_different():
    assert text.unlike(["P", "P", "P (2)", "Q", "P"]) == ["P", "P (2)", "P (2) (2)", "Q", "P (3)"]
