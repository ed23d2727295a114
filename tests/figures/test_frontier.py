"""The frontier's picture: axes, guides, lines, controls, and what is linked to its dots."""

import itertools
import json
import math

import pytest

from core.evaluation.axes import ACCURACY, AXES, KEPT, SPARSITY
from core.figures import colors
from core.figures.frontier.chart import frontier_chart, live_frontier
from core.figures.frontier.view import kept_ticks, view_of
from core.pruning.controls import contenders
from tests.evaluation.points import point

LABELS = {"magnitude": "Magnitude", "l1_filter": "L1 filter", "random": "Random weights"}
LABELS |= {"dense": "Dense"}
DENSE = point(0.75, 0.0, "dense", id="dense", parent="", plan={}, epochs=0)
GOOD = point(0.74, 0.9, id="good")
BETTER = point(0.76, 0.8, id="better")
POOR = point(0.64, 0.8, id="poor", method="l1_filter")
BLIND = point(0.70, 0.95004, id="blind", method="random")


def trace(chart, name):
    return next(each for each in chart.traces if each.get("name") == name)


def named(chart):
    return {each["text"]: (each["x"], each["y"]) for each in chart.layout["annotations"]}


@pytest.mark.parametrize("across", [(0.112, 0.0446), (1.0, 0.35), (0.11, 0.02), (0.95, 0.25)])
def test_a_zoomed_scale_always_has_ticks(across):
    ticks = kept_ticks(across)
    assert 2 <= len(ticks) <= 8
    assert all(across[1] <= tick <= across[0] for tick in ticks)


def test_the_axis_shows_parameters_kept_from_all_to_one_percent_and_the_sparsity_below():
    axis = live_frontier([DENSE, GOOD, POOR], LABELS).layout["xaxis"]
    assert axis["type"] == "log"
    left, right = (10**end for end in axis["range"])
    assert left > 1.0 > 0.01 > right > 0.008
    assert axis["tickvals"] == [1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01]
    assert axis["ticktext"][0] == "100%<br>0%"
    assert axis["ticktext"][4:] == ["5%<br>95%", "2%<br>98%", "1%<br>99%"]


def test_a_linear_axis_runs_from_everything_to_nothing():
    axis = live_frontier([DENSE, GOOD], LABELS, scale="linear").layout["xaxis"]
    assert axis["type"] == "linear"
    assert axis["range"] == [1.03, -0.02]
    assert axis["ticktext"][-1] == "0%<br>100%"


def test_fit_shows_where_pruned_networks_are_and_says_what_it_leaves_out():
    chart = live_frontier([DENSE, GOOD, POOR], LABELS, scale="fit")
    left, right = (10**end for end in chart.layout["xaxis"]["range"])
    assert (left, right) == pytest.approx((0.2 * 1.12, 0.1 / 1.12))
    assert chart.notes == [
        "1 network that keeps more than 95% of the parameters lies outside this view; the scale "
        "Log shows everything."
    ]
    assert live_frontier([DENSE, GOOD], LABELS).notes == []


def test_a_network_without_a_weight_stands_at_the_edge_and_is_said():
    empty = point(0.2, 1.0, id="empty")
    chart = live_frontier([DENSE, GOOD, empty], LABELS)
    kept = trace(chart, "Magnitude")["x"][1]
    right = 10 ** chart.layout["xaxis"]["range"][1]
    assert right < kept < 0.01
    assert chart.notes == [
        "1 network keeps less than 0.1% of the parameters and is drawn at the right edge."
    ]
    linear = live_frontier([DENSE, GOOD, empty], LABELS, scale="linear")
    assert trace(linear, "Magnitude")["x"] == pytest.approx([0.1, 0.0])
    assert linear.notes == []


def test_ticks_closer_than_one_two_five_are_equal_steps():
    assert kept_ticks((0.052, 0.048)) == [0.052, 0.051, 0.05, 0.049, 0.048]
    assert kept_ticks((0.22, 0.05)) == [0.2, 0.1, 0.05]


@pytest.mark.parametrize(
    ("accuracies", "low", "high"),
    [
        # the threshold is a tenth of the span below the lowest: in sight, with 6% of room
        ((0.62, 0.80), 0.6 - 0.06 * 0.18, 0.80 + 0.06 * 0.18),
        # twice the span below: not in sight
        ((0.70, 0.75), 0.70 - 0.005, 0.75 + 0.005),
        ((0.40, 0.58), 0.40 - 0.06 * 0.18, 0.60 + 0.06 * 0.18),
    ],
)
def test_accuracies_are_fitted_and_a_near_threshold_is_brought_into_sight(accuracies, low, high):
    points = [point(a, 0.9, id=str(a)) for a in accuracies]
    assert view_of(points, KEPT, ACCURACY, "log", 0.6).up == pytest.approx((low, high))


def test_one_network_is_shown_on_the_whole_of_both_axes():
    layout = frontier_chart([DENSE], SPARSITY, ACCURACY, LABELS).layout
    for name in ("xaxis", "yaxis"):
        low, high = layout[name]["range"]
        assert low <= 0.0
        assert high >= 1.0


def test_the_region_that_scores_0_is_shaded_and_named_also_where_it_is_out_of_sight():
    far = live_frontier([point(0.75, 0.5), GOOD], LABELS)
    assert "score 0 up to 60%, below this" in named(far)
    (shade,) = far.layout["shapes"]
    assert (shade["y0"], shade["y1"]) == (-1, 0.6)
    near = live_frontier([DENSE, point(0.62, 0.9)], LABELS)
    assert named(near)["score 0 up to 60%"][1] == 0.6
    low = live_frontier([point(0.1, 0.5), point(0.2, 0.9)], LABELS)
    assert "score 0 up to 60%, above this" in named(low)


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_every_twentieth_of_score_is_a_line_of_networks_of_that_score(scale):
    chart = live_frontier([DENSE, GOOD, POOR], LABELS, scale=scale)
    line, scores = trace(chart, "Equal score"), []
    for kept, accuracy in zip(line["x"], line["y"], strict=True):
        if kept is not None:
            scores.append(round((accuracy + 1 - kept) / 2, 9))
            assert accuracy >= 0.6 - 1e-9  # below, the score is 0
    assert sorted(set(scores)) == pytest.approx([0.05 * n for n in range(7, 18)])


def test_score_lines_are_named_where_they_enter_the_picture():
    chart = live_frontier([DENSE, GOOD, POOR], LABELS)
    top = chart.layout["yaxis"]["range"][1]
    x, y = named(chart)["0.80"]
    assert y == pytest.approx(top, abs=1e-5)
    assert (top + 1 - 10**x) / 2 == pytest.approx(0.8)
    places = [at[0] for text, at in named(chart).items() if "up to" not in text]
    assert places == sorted(places, reverse=True)


@pytest.mark.parametrize("best", [0.8, 1.0])
def test_names_of_score_lines_keep_their_distance_also_below_an_accuracy_of_one(best):
    chart = live_frontier([DENSE, point(best, 0.5), GOOD, POOR], LABELS)
    top = min(1.0, chart.layout["yaxis"]["range"][1])
    left, right = chart.layout["xaxis"]["range"]
    places = [(x - left) / (right - left) for x, y in named(chart).values() if y > top - 1e-5]
    assert len(places) >= 3
    assert min(b - a for a, b in itertools.pairwise(places)) >= 0.085


def test_guides_stand_only_where_a_score_is_a_line():
    chart = frontier_chart([GOOD, POOR], AXES["gzip_bytes"], ACCURACY, LABELS)
    assert not [t for t in chart.traces if t["name"] in ("Equal score", "Threshold")]
    assert chart.layout["annotations"] == chart.layout["shapes"] == []


def test_dominated_points_fade_and_the_dense_network_is_a_star_that_never_does():
    chart = live_frontier([point(0.5, 0.0, "dense"), GOOD, POOR], LABELS)
    assert trace(chart, "L1 filter")["marker"]["opacity"] == [0.4]
    assert trace(chart, "Magnitude")["marker"]["opacity"] == [1.0]
    assert trace(chart, "Dense")["marker"]["opacity"] == [1.0]
    assert trace(chart, "Dense")["marker"]["symbol"] == "star"


def test_a_control_is_hollow_grey_and_called_one():
    chart = live_frontier([GOOD, BLIND], LABELS)
    marker = trace(chart, "Random weights (control)")["marker"]
    assert marker["color"] == colors.MUTED
    assert marker["symbol"].endswith("-open")
    assert marker["opacity"] == [0.4]  # the front's line is for those that somebody would ship
    assert trace(chart, "Front")["x"] == pytest.approx([0.1])
    assert chart.linked.hollow == [False, True]
    assert chart.linked.texts[1].endswith("seed 0, control")
    alone = live_frontier([BLIND], LABELS)
    assert "on the front, control" in alone.linked.texts[0]


def test_a_control_is_never_the_best_while_there_is_another():
    lucky = point(0.9, 0.99, "random", id="lucky")
    assert "Magnitude with 90.0% zeros" in live_frontier([lucky, GOOD], LABELS).alt
    on_bytes = frontier_chart([lucky, GOOD], KEPT, AXES["gzip_bytes"], LABELS)
    assert "by Magnitude" in on_bytes.alt
    assert "Random weights with 99.0%" in live_frontier([lucky], LABELS).alt
    assert contenders([lucky, GOOD, DENSE]) == [GOOD, DENSE]


def test_the_front_is_a_bold_step_through_its_points():
    chart = live_frontier([DENSE, GOOD, BETTER], LABELS)
    front = trace(chart, "Front")
    assert front["x"] == pytest.approx([0.2, 0.2, 0.1])
    assert front["y"] == pytest.approx([0.76, 0.74, 0.74])
    assert front["line"]["width"] > 2


def test_the_front_does_not_fall_for_a_hair_of_sparsity():
    hair = point(0.70, 0.8008, id="hair")
    chart = live_frontier([BETTER, hair, GOOD], LABELS)
    assert trace(chart, "Front")["x"] == pytest.approx([0.2, 0.2, 0.1])
    assert [row["front"] for row in chart.rows] == [True, False, True]
    # Of the few parameters that are left at 99.5%, as little is much.
    last = [point(0.7, 0.995, id="last"), point(0.69, 0.9956, id="beyond")]
    assert [row["front"] for row in live_frontier(last, LABELS).rows] == [True, True]
    on_bytes = frontier_chart([BETTER, hair], AXES["gzip_bytes"], ACCURACY, LABELS)
    assert [row["front"] for row in on_bytes.rows] == [True, True]  # a rule of sparsity alone


def seeds(sparsity, *accuracies, **other):
    return [
        point(a, sparsity, id=f"{sparsity}-{a}-{other}", seed=seed, **other)
        for seed, a in enumerate(accuracies)
    ]


def test_a_method_is_a_line_through_its_means_with_a_band_of_one_standard_deviation():
    chart = live_frontier([*seeds(0.8, 0.76, 0.80), *seeds(0.9, 0.70, 0.74)], LABELS)
    line = trace(chart, "Magnitude, mean over seeds")
    assert line["x"][:2] == pytest.approx([0.1, 0.2])
    assert line["y"][:2] == pytest.approx([0.72, 0.78])
    spread = 0.02 * math.sqrt(2)  # sample deviation of two values 0.04 apart
    around = trace(chart, "Magnitude, one standard deviation")
    assert around["x"][:4] == pytest.approx([0.1, 0.2, 0.2, 0.1])
    assert around["y"][:2] == pytest.approx([0.72 + spread, 0.78 + spread])
    assert around["y"][2:4] == pytest.approx([0.78 - spread, 0.72 - spread])


def test_no_line_joins_other_epochs_or_other_parents():
    mixed = [point(0.7, 0.8), point(0.6, 0.9, epochs=2.0), point(0.6, 0.95, parent="other")]
    names = [each["name"] for each in live_frontier(mixed, LABELS).traces]
    assert "Magnitude, mean over seeds" not in names
    assert "Magnitude, one standard deviation" not in names


def test_the_name_of_a_method_stands_at_the_sparsest_end_of_its_line():
    ends = live_frontier([DENSE, BETTER, GOOD, POOR, BLIND], LABELS).linked.ends
    assert [(end.text, round(end.x, 5), end.y) for end in ends] == [
        ("Dense", 1.0, 0.75),
        ("Magnitude", 0.1, 0.74),
        ("L1 filter", 0.2, 0.64),
        ("Random weights (control)", 0.04996, 0.70),
    ]


def test_what_is_linked_has_a_place_and_a_text_for_each_dot():
    linked = live_frontier([DENSE, GOOD], LABELS).linked
    assert linked.ids == ["dense", "good"]
    assert linked.x == pytest.approx([1.0, 0.1])
    assert linked.texts[1] == (
        "accuracy 74.0%, sparsity 90.00%, score 0.820, 6 epochs, seed 0, on the front"
    )
    sizes = frontier_chart([GOOD], AXES["gzip_bytes"], ACCURACY, LABELS)
    assert "size on disk, gzip 400" in sizes.linked.texts[0]


def test_a_report_has_boxes_and_a_legend_in_place_of_readout_and_names():
    chart = frontier_chart([GOOD, POOR], KEPT, ACCURACY, LABELS, boxes=True)
    assert chart.linked is None
    dots = trace(chart, "Magnitude")
    assert dots["text"] == [
        f"<b>magnitude at 0.9</b><br>{live_frontier([GOOD], LABELS).linked.texts[0]}"
    ]
    shown = [t for t in chart.traces if t["name"] == "L1 filter" and t["showlegend"]]
    assert [t["marker"]["opacity"] for t in shown] == [1.0]  # faded dots, but a legend to read


def test_points_without_a_number_are_left_out_and_the_figure_is_plain_json():
    unmeasured = point(0.7, 0.9, latency_seconds=None)
    timed = point(0.6, 0.9, id="timed", latency_seconds=0.002)
    chart = frontier_chart([unmeasured, timed], AXES["latency_seconds"], ACCURACY, LABELS)
    json.dumps(chart.figure(), allow_nan=False)
    assert [row["id"] for row in chart.rows] == chart.linked.ids == ["timed"]


def test_a_charts_parts_are_named_once_and_those_of_equal_charts_alike():
    one, other = (live_frontier([DENSE, GOOD], LABELS) for _ in range(2))
    assert one.parts is one.parts
    assert list(one.parts) == list(other.parts)
    assert list(one.linked_part) == list(other.linked_part)
    assert next(iter(one.linked_part.values()))["ends"][0]["text"] == "Dense"
    assert live_frontier([GOOD], LABELS).linked_part.keys() != one.linked_part.keys()


def test_a_chosen_dot_has_a_ring_and_one_that_learns_is_an_open_star():
    chart = live_frontier([DENSE, GOOD], LABELS, "good")
    assert trace(chart, "Chosen")["x"] == pytest.approx([0.1])
    learning = live_frontier([], LABELS, learning=0.5)
    star = trace(learning, "Dense, still training (validation)")
    assert (star["x"], star["y"]) == ([1.0], [0.5])
    assert "customdata" not in star
    assert "still training: 50.0%" in learning.alt


def test_the_sentence_counts_and_names_the_best_by_validation():
    assert "of 1 network, 1 of them" in live_frontier([GOOD], LABELS).alt
    chart = live_frontier([DENSE, GOOD, POOR], LABELS)
    assert "of 3 networks, 2 of them on the front" in chart.alt
    assert (
        "Best by validation: Magnitude with 90.0% zeros, 74.0% accuracy and score 0.820 on the "
        "holdout." in chart.alt
    )
    assert frontier_chart([], KEPT, ACCURACY, LABELS).alt == "No networks yet."
    assert [row["id"] for row in chart.rows] == ["dense", "good", "poor"]
