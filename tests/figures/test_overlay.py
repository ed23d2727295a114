"""Curves of any runs in one chart: the smoothing, what stays of the measured, the scale."""

import math

import pytest

from core.figures.convergence import Curve
from core.figures.overlay import overlay, smoothed

X, Y = ("epoch", "Epoch"), ("validation_loss", "Validation loss")


def curve(label, *values):
    return Curve(label, [{"epoch": n, Y[0]: value} for n, value in enumerate(values, 1)])


def test_smoothing_is_an_average_that_is_corrected_for_its_start():
    # Weight .5: 1; (.5 * .5 + .5 * 3) / .75 = 7/3; (.5 * 1.75 + .5 * 5) / .875 = 27/7.
    assert smoothed([1, 3, 5], 0.5) == pytest.approx([1, 7 / 3, 27 / 7])
    assert smoothed([2, 4], 0.0) == [2, 4]
    assert smoothed([4.0] * 50, 0.9) == pytest.approx([4.0] * 50)


def test_a_gap_stays_a_gap_and_the_average_goes_on_behind_it():
    found = smoothed([1, math.nan, 3], 0.5)
    assert math.isnan(found[1])
    assert found[2] == pytest.approx(7 / 3)


def test_measured_curves_stay_faint_behind_smoothed_ones():
    plain = overlay([curve("a", 1, 3), curve("b", 2, 2)], X, Y)
    assert [trace["name"] for trace in plain.traces] == ["a", "b"]
    both = overlay([curve("a", 1, 3), curve("b", 2, 2)], X, Y, smoothing=0.5)
    faint, strong = both.traces[:2], both.traces[2:]
    assert [trace["y"] for trace in faint] == [[1, 3], [2, 2]]
    assert all(trace["opacity"] < 0.5 and not trace["showlegend"] for trace in faint)
    assert strong[0]["y"] == pytest.approx([1, 7 / 3])
    assert [a["line"]["color"] == b["line"]["color"] for a, b in zip(faint, strong, strict=True)]
    assert both.rows[1] == {"run": "a", "epoch": 2, Y[0]: 3, "smoothed": pytest.approx(7 / 3)}


def test_one_look_shows_every_run_at_one_moment():
    chart = overlay([curve("a", 1, 3)], X, Y)
    assert chart.layout["hovermode"] == "x unified"
    assert chart.alt == "Validation loss against epoch: a ends at 3."


def test_a_log_axis_is_for_values_above_zero():
    def kind(*values):
        chart = overlay([curve("a", *values)], X, Y, logarithmic=True)
        return chart.layout["yaxis"].get("type")

    assert kind(0.001, 1.0) == "log"
    assert kind(0.0, 1.0) is None


def test_what_was_not_measured_or_is_no_number_is_not_drawn():
    rows = [{"epoch": 1}, {"epoch": 2, Y[0]: math.inf}, {"epoch": 3, Y[0]: 0.5}]
    (line,) = overlay([Curve("a", rows)], X, Y).traces
    assert (line["x"], line["y"]) == ([2, 3], [None, 0.5])
    assert overlay([Curve("b", [])], X, Y).alt.endswith("nothing measured.")


def test_the_eleventh_run_has_the_first_colour_with_another_line():
    lines = overlay([curve(str(n), 1, 2) for n in range(11)], X, Y).traces
    assert lines[0]["line"]["color"] == lines[10]["line"]["color"]
    assert lines[0]["line"]["dash"] != lines[10]["line"]["dash"]
