"""Figures of the compare page: what they draw is what the points say."""

import json

import numpy as np
import pytest

from core.evaluation.axes import AXES
from core.figures.comparison import area_bars, scatter
from core.figures.model_map import model_map
from core.figures.per_class import class_bars, confusion_map
from core.figures.theme import Chart
from core.figures.weights import (
    LARGEST_SIDE,
    filter_picture,
    layer_bars,
    mask_picture,
    weight_histogram,
)
from tests.evaluation.points import point

LABELS = {"magnitude": "Magnitude", "random": "Random"}
GOOD = point(0.74, 0.9, id="good")
POOR = point(0.60, 0.8, id="poor", method="random")
DENSE = point(0.75, 0.0, "dense", id="dense", parent="")


def trace(chart: Chart, name: str) -> dict:
    return next(t for t in chart.traces if t.get("name") == name)


def test_dominated_points_are_faded_and_those_on_the_front_are_not() -> None:
    chart = scatter([DENSE, GOOD, POOR], AXES["sparsity"], AXES["accuracy"], LABELS)
    assert trace(chart, "Magnitude")["marker"]["opacity"] == [1.0]
    assert trace(chart, "Random")["marker"]["opacity"] == [0.35]


def test_every_dot_carries_its_id_for_clicks() -> None:
    chart = scatter([GOOD], AXES["sparsity"], AXES["accuracy"], LABELS)
    assert trace(chart, "Magnitude")["customdata"] == [["good"]]


def test_a_point_without_a_number_on_the_axis_is_left_out_and_the_figure_is_plain_json() -> None:
    unmeasured = point(0.7, 0.9, latency_seconds=None)
    timed = point(0.6, 0.9, id="timed", latency_seconds=0.002)
    chart = scatter([unmeasured, timed], AXES["latency_seconds"], AXES["accuracy"], LABELS)
    json.dumps(chart.figure(), allow_nan=False)
    assert [row["id"] for row in chart.rows] == ["timed"]


def test_iso_score_lines_stand_only_on_sparsity_and_accuracy() -> None:
    on = scatter([GOOD], AXES["sparsity"], AXES["accuracy"], LABELS)
    off = scatter([GOOD], AXES["gzip_bytes"], AXES["accuracy"], LABELS)
    assert trace(on, "score 0.8")["y"] == pytest.approx([1.6, 0.6])
    assert not [t for t in off.traces if str(t.get("name", "")).startswith("score")]


def test_the_lines_of_equal_score_and_the_threshold_are_named_on_the_lines() -> None:
    chart = scatter([DENSE, GOOD, POOR], AXES["sparsity"], AXES["accuracy"], LABELS)
    names = {each["text"]: (each["x"], each["y"]) for each in chart.layout["annotations"]}
    assert list(names) == ["score 0.7", "score 0.8", "scores 0 up to 60%"]
    # The picture ends at 0.75 + 0.06: the line of 0.7 enters it at 2 * 0.7 - 0.81.
    assert names["score 0.7"] == pytest.approx((0.59, 0.81))
    assert names["scores 0 up to 60%"] == (0.0, 0.6)
    off = scatter([GOOD], AXES["gzip_bytes"], AXES["accuracy"], LABELS)
    assert off.layout["annotations"] == []


def test_a_method_off_the_front_stands_in_the_legend_at_full_strength() -> None:
    chart = scatter([GOOD, POOR], AXES["sparsity"], AXES["accuracy"], LABELS)
    shown = [t for t in chart.traces if t["name"] == "Random" and t.get("showlegend")]
    assert [t["marker"]["opacity"] for t in shown] == [1.0]


def test_one_network_is_counted_in_the_singular() -> None:
    assert "of 1 network," in scatter([GOOD], AXES["sparsity"], AXES["accuracy"], LABELS).alt


def test_seeds_of_one_plan_get_one_error_bar() -> None:
    runs = [point(0.70, 0.9, id="a", seed=0), point(0.74, 0.9, id="b", seed=1), POOR]
    chart = scatter(runs, AXES["sparsity"], AXES["accuracy"], LABELS)
    (bar,) = [t for t in chart.traces if "error_y" in t]
    assert bar["y"] == [pytest.approx(0.72)]
    assert bar["error_y"]["array"] == [pytest.approx(0.0283, abs=1e-4)]  # .02 times root 2


def test_the_alternative_text_names_the_best_point() -> None:
    chart = scatter([GOOD, POOR], AXES["sparsity"], AXES["accuracy"], LABELS)
    assert "2 networks, 1 of them on the front" in chart.alt
    assert "0.74, by Magnitude" in chart.alt


def test_an_empty_frontier_says_so() -> None:
    assert "no points yet" in scatter([], AXES["sparsity"], AXES["accuracy"], LABELS).alt


def test_the_model_map_draws_one_edge_per_child() -> None:
    child = point(0.74, 0.9, id="good", parent="dense")
    chart = model_map([DENSE, child], LABELS)
    edges = chart.traces[0]
    # from (0, 0) over the bend to (1, 0), and a gap
    assert edges["x"] == [0, 0.5, 0.5, 1, None]
    assert [row["came from"] for row in chart.rows] == ["", "dense"]


def test_areas_are_listed_largest_first() -> None:
    chart = area_bars([GOOD, POOR], AXES["sparsity"], AXES["accuracy"], LABELS)
    assert [row["method"] for row in chart.rows] == ["magnitude", "random"]
    assert "largest belongs to Magnitude" in chart.alt


def test_a_change_per_class_is_drawn_as_a_difference() -> None:
    chart = class_bars({"pruned": (-1.0, None)}, ["x", "y"], change=True)
    assert chart.traces[0]["y"] == [-1.0, None]
    assert chart.rows[0] == {"network": "pruned", "class": "x", "value": -1.0}


def test_a_confusion_matrix_lists_true_class_before_predicted() -> None:
    chart = confusion_map([[5, 1], [2, 4]], ["x", "y"], change=False)
    assert chart.rows[1] == {"true": "x", "predicted": "y", "images": 1}


def test_layers_show_zeros_and_dead_units() -> None:
    assert layer_bars([GOOD]).traces[0]["y"] == [0.9]
    assert layer_bars([GOOD], dead=True).traces[0]["y"] == [0.2]  # 2 of 10 units


def test_a_mask_is_blue_where_a_weight_is_left() -> None:
    picture = mask_picture(np.array([[1.0, 0.0]], np.float32))
    # two pixels, each enlarged to 240 x 240
    assert picture.shape == (240, 480, 3)
    assert picture[0, 0].tolist() == picture[-1, 239].tolist() == [28, 92, 196]
    assert picture[0, 240].tolist() == [226, 229, 232]


def test_a_large_mask_is_shown_in_blocks() -> None:
    kernel = np.zeros((1024, 512), np.float32)
    kernel[0] = 1  # half of the first block of two rows
    picture = mask_picture(kernel)
    assert picture.shape == (LARGEST_SIDE, 512, 3)
    assert picture[0, 0].tolist() == [127, 160, 214]  # half way between grey and blue


def test_a_dead_filter_is_a_dark_cell() -> None:
    kernel = np.zeros((3, 3, 1, 2), np.float32)
    kernel[1, 1, 0, 1] = 1.0
    sheet = filter_picture(kernel, columns=2)
    # 5 x 9 pixels, each enlarged 54 times
    assert sheet.shape == (5 * 54, 9 * 54, 3)
    assert sheet[2 * 54, 2 * 54].tolist() == [0, 0, 0]
    assert sheet[2 * 54, 6 * 54].tolist() == [255, 255, 255]


def test_the_histogram_leaves_zeros_out() -> None:
    weights = {"conv1/kernel": np.array([0.0, 0.0, 0.5, -0.5], np.float32)}
    chart = weight_histogram({"pruned": weights}, bins=2)
    assert chart.traces[0]["y"] == [1, 1]
