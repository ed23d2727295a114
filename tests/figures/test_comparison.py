"""Figures of the compare page: what they draw is what the points say."""

import numpy as np
import pytest

from core.evaluation.axes import AXES
from core.figures.comparison import area_bars
from core.figures.frontier.chart import frontier_chart
from core.figures.model_map import model_map
from core.figures.per_class import class_bars, confusion_map, largest_count, map_height
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


def test_the_model_map_draws_one_edge_per_child() -> None:
    child = point(0.74, 0.9, id="good", parent="dense")
    chart = model_map([DENSE, child], LABELS)
    edges = chart.traces[0]
    # from (0, 0) over the bend to (1, 0), and a gap
    assert edges["x"] == [0, 0.5, 0.5, 1, None]
    assert [row["came from"] for row in chart.rows] == ["", "dense"]


AREAS = (AXES["sparsity"], AXES["accuracy"], LABELS)


def test_areas_are_listed_largest_first() -> None:
    weak, strong = (
        [point(a, s, m) for s in (0.8, 0.9)] for m, a in (("random", 0.5), ("magnitude", 0.7))
    )
    chart = area_bars([*weak, *strong], *AREAS)
    assert [row["method"] for row in chart.rows] == ["magnitude", "random"]
    assert (
        "over 80%, 90% with equal epochs; the largest, on the holdout, belongs to Magnitude"
        in chart.alt
    )


def test_areas_count_only_what_all_methods_share() -> None:
    """Another sparsity, other epochs, a method with one sparsity: none of it has an area."""
    alike = [point(0.6, s, m) for m in ("magnitude", "random") for s in (0.8, 0.9)]
    more = [
        point(0.9, 0.98, "random"),
        point(0.9, 0.9, "random", epochs=12.0),
        point(0.9, 0.9, "snip"),
    ]
    chart = area_bars([*alike, *more], *AREAS)
    assert {row["method"]: row["hypervolume"] for row in chart.rows} == pytest.approx(
        {"magnitude": 0.54, "random": 0.54}
    )
    assert area_bars(more, *AREAS).rows == []
    assert "no areas to compare" in area_bars(more, *AREAS).alt


def test_a_change_per_class_is_drawn_as_a_difference() -> None:
    chart = class_bars({"pruned": (-1.0, None)}, ["x", "y"], change=True)
    assert chart.traces[0]["y"] == [-100.0, None]  # points, not percent
    assert chart.layout["yaxis"]["title"]["text"] == "Change in accuracy, points (holdout)"
    assert "%{y:+.1f} points" in chart.traces[0]["hovertemplate"]
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
    assert sum(row["pruned"] for row in chart.rows) == 2


def test_the_histogram_shows_the_gap_that_a_threshold_leaves() -> None:
    """0.1 is kept, everything smaller is gone: no bin spans both sides of -0.1 or of 0.1."""
    kept = np.concatenate([np.linspace(0.1, 1, 50), -np.linspace(0.1, 1, 50)])
    chart = weight_histogram({"pruned": {"conv1/kernel": kept.astype(np.float32)}}, bins=13)
    counts = {row["weight"]: row["pruned"] for row in chart.rows}
    assert sum(counts.values()) == 100
    inside = [count for middle, count in counts.items() if abs(middle) < 0.1]
    assert len(inside) >= 2
    assert sum(inside) == 0
    # An empty bin interrupts the line, it is not drawn at the bottom of a logarithmic axis.
    assert None in chart.traces[0]["y"]


def test_networks_have_their_methods_colour_and_differ_by_pattern() -> None:
    other = point(0.7, 0.95, id="other")
    first, second, third = layer_bars([GOOD, other, POOR]).traces
    dots = frontier_chart([GOOD, other, POOR], AXES["kept"], AXES["accuracy"], LABELS)
    assert first["marker"]["color"] == trace(dots, "Magnitude")["marker"]["color"]
    assert second["marker"]["color"] == first["marker"]["color"]
    assert second["marker"]["pattern"]["shape"] != first["marker"]["pattern"]["shape"] == ""
    bars = class_bars({"a": (1.0,), "b": (1.0,)}, ["x"], False, ["magnitude", "random"])
    assert [t["marker"]["color"] for t in bars.traces] == [
        first["marker"]["color"],
        third["marker"]["color"],
    ]


def test_a_change_is_blue_where_it_is_for_the_better() -> None:
    """Two more right, one mistake fewer, three more mistakes."""
    chart = confusion_map([[2, -1], [3, 0]], ["x", "y"], change=True)
    heat = chart.traces[0]
    assert heat["z"] == [[2, 1], [-3, 0]]
    assert heat["text"] == [["+2", "-1"], ["+3", ""]]
    assert heat["customdata"][1][0] == ["y", "x", 3]


def test_several_matrices_share_one_scale() -> None:
    small, large = [[1, 0], [0, 1]], [[9, 0], [0, 2]]
    top = largest_count([small, large])
    assert [confusion_map(c, ["x", "y"], True, top).traces[0]["zmax"] for c in (small, large)] == [
        9,
        9,
    ]


def test_no_colour_of_a_matrix_lets_the_page_shine_through() -> None:
    """Plotly chooses black or white for a number by the cell's colour, whatever is behind it."""
    for change in (False, True):
        scale = confusion_map([[1, 0], [0, 1]], ["x", "y"], change).traces[0]["colorscale"]
        assert all("rgba" not in color for _, color in scale)


def test_many_long_names_get_an_ellipsis_square_cells_and_no_numbers() -> None:
    names = [f"a class with a very long name {n}" for n in range(30)]
    chart = confusion_map(np.eye(30, dtype=int).tolist(), names, change=False)
    assert chart.layout["xaxis"]["ticktext"][0] == "a class with …"
    assert chart.layout["yaxis"]["scaleanchor"] == "x"
    assert chart.traces[0]["customdata"][4][7] == [names[4], names[7], 0]
    assert {text for row in chart.traces[0]["text"] for text in row} == {""}
    few = confusion_map(np.eye(12, dtype=int).tolist(), names[:12], change=False)
    assert few.traces[0]["text"][0][:2] == ["1", ""]
    assert map_height(30) > map_height(5)


def test_the_mask_of_a_narrow_layer_is_no_tower():
    height, width, _ = mask_picture(np.ones((512, 5), np.float32)).shape
    assert (width, height <= 960) == (480, True)
