from core.figures.first_cuts import with_cuts
from core.figures.frontier.chart import live_frontier
from core.pruning.preview.first_cuts import FirstCut
from tests.evaluation.points import point

LABELS = {"magnitude": "Magnitude", "l1_filter": "L1 filter"}
CUTS = (FirstCut("magnitude", 0.8, 0.76, 2), FirstCut("l1_filter", 0.8, 0.31, 2))


def chart(cuts):
    return with_cuts(live_frontier([], LABELS, learning=0.8), cuts, LABELS)


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


def test_the_axis_says_the_set_of_every_kind_of_dot_on_it():
    networks = [point(0.8, 0.0, "dense")]
    titles = {
        "Accuracy (holdout)": live_frontier(networks, LABELS),
        "Accuracy (validation)": chart(CUTS),  # star and cuts: nothing is of the holdout yet
        "Accuracy (holdout; cut once: validation)": with_cuts(
            live_frontier(networks, LABELS), CUTS, LABELS
        ),
        "Accuracy (holdout; open star: validation)": live_frontier(networks, LABELS, learning=0.8),
        "Accuracy (holdout; open star and cut once: validation)": with_cuts(
            live_frontier(networks, LABELS, learning=0.8), CUTS, LABELS
        ),
    }
    for title, drawn in titles.items():
        assert drawn.layout["yaxis"]["title"]["text"] == title


def test_without_cuts_the_chart_is_as_it_was():
    plain = live_frontier([], LABELS, learning=0.8)
    assert with_cuts(plain, (), LABELS) is plain


def test_the_sentence_and_the_table_have_the_cuts():
    assert "2 hollow dots" in chart(CUTS).alt
    assert "76.0% with 80.0% zeros" in chart(CUTS).alt
    assert [row["validation_accuracy"] for row in chart(CUTS).rows] == [0.76, 0.31]
