import pytest

from core.figures.frontier.chart import live_frontier
from core.pruning.preview.first_cuts import FirstCut
from tests.evaluation.points import point

LABELS = {"magnitude": "Magnitude", "l1_filter": "L1 filter"}
CUTS = (FirstCut("magnitude", 0.8, 0.76, 2), FirstCut("l1_filter", 0.8, 0.31, 2))


def chart(cuts):
    return live_frontier([], LABELS, learning=0.8, cuts=cuts)


def test_cuts_are_hollow_and_say_that_they_were_measured_on_validation():
    hollow = [trace for trace in chart(CUTS).traces if "cut once" in str(trace.get("name"))]
    assert [trace["y"] for trace in hollow] == [[0.76], [0.31]]
    assert all(trace["marker"]["symbol"].endswith("-open") for trace in hollow)
    assert all("(validation)" in trace["name"] for trace in hollow)
    assert "after 2 epochs, not fine-tuned" in hollow[0]["text"][0]


def test_cuts_lie_below_measured_networks_and_tell_no_click():
    traces = chart(CUTS).traces
    assert "cut once" in traces[0]["name"]
    assert "customdata" not in traces[0]


def test_the_y_axis_reaches_the_lowest_cut():
    low, high = chart(CUTS).layout["yaxis"]["range"]
    assert low <= 0.31 <= high


def test_a_low_cut_leaves_room_above_the_star_and_the_guides_fit_what_is_seen():
    drawn = chart((FirstCut("magnitude", 0.95, 0.18, 1),))
    low, high = drawn.layout["yaxis"]["range"]
    assert low < 0.18
    assert high > 0.8 + 0.05 * (high - low)  # the star is 16 pixels high
    said = {each["text"]: each["y"] for each in drawn.layout["annotations"]}
    assert said["score 0 up to 60%"] == 0.6  # beside its line, which is in sight
    lines = next(trace for trace in drawn.traces if trace["name"] == "Equal score")
    assert min(y for y in lines["y"] if y is not None) == pytest.approx(0.6)


def test_the_axis_says_the_set_of_every_kind_of_dot_on_it():
    networks = [point(0.8, 0.0, "dense")]
    titles = {
        "Accuracy (holdout)": live_frontier(networks, LABELS),
        "Accuracy (validation)": chart(CUTS),  # star and cuts: nothing is of the holdout yet
        "Accuracy (holdout; cut once: validation)": live_frontier(networks, LABELS, cuts=CUTS),
        "Accuracy (holdout; open star: validation)": live_frontier(networks, LABELS, learning=0.8),
        "Accuracy (holdout; open star and cut once: validation)": live_frontier(
            networks, LABELS, learning=0.8, cuts=CUTS
        ),
    }
    for title, drawn in titles.items():
        assert drawn.layout["yaxis"]["title"]["text"] == title


def test_without_cuts_the_chart_is_as_it_was():
    plain = live_frontier([], LABELS, learning=0.8)
    assert chart(()).figure() == plain.figure()
    assert chart(()).alt == plain.alt


def test_the_sentence_and_the_table_have_the_cuts():
    assert "2 hollow dots" in chart(CUTS).alt
    assert "76.0% with 80.0% zeros" in chart(CUTS).alt
    assert [row["validation_accuracy"] for row in chart(CUTS).rows] == [0.76, 0.31]
