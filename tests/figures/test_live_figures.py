"""Charts of the live pages: what they draw is what the runs measured."""

import itertools
import json
import math
import tomllib
from pathlib import Path

import numpy as np
import pytest

from core.figures import colors
from core.figures.classes import balance
from core.figures.convergence import Curve, convergence
from core.figures.federation import label_map
from core.figures.frontier.chart import live_frontier
from core.figures.per_class import class_bars, confusion_map
from core.figures.preview import layer_sparsities
from core.figures.theme import log_axis, share_axis
from core.figures.training_curves import curves
from core.pruning.preview.spec import LayerView
from tests.evaluation.points import point

LABELS = {"magnitude": "Magnitude", "l1_filter": "L1 filter", "dense": "Dense"}
DENSE = point(0.75, 0.0, "dense", id="dense", parent="")
GOOD = point(0.74, 0.9, id="good")
POOR = point(0.64, 0.8, id="poor", method="l1_filter")


def test_the_eleventh_run_has_a_look_of_its_own():
    drawn = convergence([Curve(f"run {n}", ROUNDS) for n in range(15)], "round", "train_loss")
    looks = [(each["line"]["color"], each["line"]["dash"]) for each in drawn.traces]
    assert len(set(looks)) == 15
    assert {dash for _, dash in looks[:10]} == {"solid"}


def test_curves_draw_training_dotted_and_name_the_best_epoch():
    metrics = {
        "accuracy": [(1, 0.5), (2, 0.7)],
        "validation_accuracy": [(1, 0.6), (2, 0.55)],
        "loss": [(1, 2.0)],
    }
    chart = curves(metrics)
    assert [each["line"]["dash"] for each in chart.traces] == ["dot", "solid"]
    assert chart.alt == "Best validation accuracy 60.0% at epoch 1 of 2."
    assert chart.rows[1] == {"epoch": 2, "accuracy": 0.7, "validation_accuracy": 0.55}


def test_phases_have_a_colour_each():
    metrics = {"cut/accuracy": [(1, 0.5)], "retrain/accuracy": [(1, 0.7)]}
    chart = curves(metrics)
    assert len({each["line"]["color"] for each in chart.traces}) == 2
    assert [each["name"] for each in chart.traces] == ["Training, cut", "Training, retrain"]


def test_a_single_phase_needs_no_name():
    points = [(1, 0.5), (2, 0.6)]
    chart = curves({"training 1/accuracy": points, "training 1/validation_accuracy": points})
    assert [each["name"] for each in chart.traces] == ["Training", "Validation"]


def test_training_and_validation_differ_in_colour_and_the_axis_spans_all_epochs():
    metrics = {"loss": [(1, 2.0)], "validation_loss": [(1, 1.5)]}
    chart = curves(metrics, "loss", epochs=20)
    assert len({each["line"]["color"] for each in chart.traces}) == 2
    assert chart.layout["xaxis"]["range"] == [0.5, 20.5]
    assert chart.layout["xaxis"]["dtick"] == 2  # no tick at half an epoch
    assert curves(metrics, "loss").layout["xaxis"]["dtick"] == 1
    assert chart.layout["yaxis"]["title"]["text"] == "Loss"


def test_ticks_of_shares_have_the_decimals_that_tell_them_apart():
    stops = share_axis("Accuracy")["tickformatstops"]
    assert [stop["value"] for stop in stops] == [".2%", ".1%", ".0%"]
    assert stops[1]["dtickrange"] == [0.00099, 0.0099]  # a tick every 0.5%


def test_a_logarithmic_axis_is_ticked_at_one_two_and_five():
    wide = log_axis("Loss", [0.05, 1.2])
    assert (wide["type"], wide["dtick"], wide["tickformat"]) == ("log", "D2", "~g")
    assert "type" not in log_axis("Loss", [0.24, 0.38])  # one tick on a logarithmic axis
    assert "type" not in log_axis("Loss", [0.0, 0.38])
    assert log_axis("Size", [10, 10**7])["dtick"] == 1


ROUNDS = [
    {"round": n, "train_loss": 2 / n, "validation_loss": 3 / n, "train_accuracy": 0.5 + n / 100}
    for n in (1, 2, 3)
]


def test_charts_that_stand_beside_each_other_share_their_scale():
    pair = ("train_loss", "validation_loss")
    ranges = [
        convergence([Curve("a", ROUNDS)], "round", y, pair).layout["yaxis"]["range"] for y in pair
    ]
    assert ranges[0] == ranges[1]
    assert 10 ** ranges[0][0] < 2 / 3
    assert 10 ** ranges[0][1] > 3


def test_the_rounds_axis_spans_the_whole_run():
    chart = convergence([Curve("a", ROUNDS)], "round", "train_loss", most=100)
    assert chart.layout["xaxis"]["range"] == [0, 102]
    assert convergence([Curve("a", ROUNDS)], "round", "train_loss").layout["xaxis"]["dtick"] == 1


def test_the_label_map_is_blank_where_a_client_has_nothing_and_names_the_classes():
    chart = label_map([[10, 0], [5, 5]], ["ankle boots and sandals", "coat"])
    heat = chart.traces[0]
    assert heat["colorscale"] == [[0, "$card"], [1, colors.LIGHT[0]]]
    assert chart.layout["yaxis"]["ticktext"] == ["ankle boots a…", "coat"]
    assert chart.layout["yaxis"]["tickvals"] == ["ankle boots and sandals", "coat"]
    # shares of the commonest label: 1 and 0.5
    assert "makes up 75% of a client's samples" in chart.alt


def test_a_run_without_an_epoch_says_so():
    assert curves({}).alt == "No accuracy yet: the first epoch has not ended."


class Count:
    name, train, validation, test = "coat", 12, 3, 0


def test_a_split_without_images_has_no_bars():
    assert [each["name"] for each in balance([Count()]).traces] == ["Train", "Validation"]


def test_layers_say_how_many_units_live():
    layer = LayerView("conv1", 1000, 500, 4, 3)
    chart = layer_sparsities([layer])
    assert chart.traces[0]["text"] == ["3/4"]
    assert chart.alt == "Sparsity of each layer; highest in conv1, 50.0%."


@pytest.mark.slow
def test_every_chart_is_valid_plotly_and_plain_json():
    import plotly.graph_objects as go

    charts = [
        live_frontier([DENSE, GOOD, POOR], LABELS, "good", learning=0.4),
        live_frontier([DENSE, GOOD, POOR], LABELS, scale="linear"),
        curves({"accuracy": [(1, 0.5)]}),
        balance([Count()]),
    ]
    for chart in charts:
        json.dumps(chart.figure(), allow_nan=False)
        without_tokens = json.loads(json.dumps(chart.figure()).replace("$text", "#000000")
                                    .replace("$card", "#ffffff")
                                    .replace("$page", "#ffffff"))  # fmt: skip
        assert go.Figure(without_tokens).data


def theme():
    path = Path(__file__).parents[2] / "assets" / "streamlit.toml"
    return tomllib.loads(path.read_text())["theme"]


def test_the_theme_and_the_figures_share_their_ten_colours():
    assert tuple(theme()["light"]["chartCategoricalColors"]) == colors.LIGHT
    assert tuple(theme()["dark"]["chartCategoricalColors"]) == colors.DARK


# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
EYES = {
    "full": np.eye(3),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
}  # fmt: skip
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(color):
    share = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("palette", [colors.LIGHT, colors.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("eye", EYES)
def test_any_two_colours_differ_for_every_eye(palette, eye):
    seen = [lab(EYES[eye] @ linear(color)) for color in palette]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) >= 20


@pytest.mark.parametrize(("name", "palette"), [("light", colors.LIGHT), ("dark", colors.DARK)])
def test_every_colour_stands_out_from_its_page(name, palette):
    page = linear(theme()[name]["backgroundColor"]) @ TO_XYZ[1]
    for color in palette:
        low, high = sorted([page, linear(color) @ TO_XYZ[1]])
        assert (high + 0.05) / (low + 0.05) >= 3.0


def test_a_method_nobody_listed_has_a_colour_that_stays():
    assert colors.color("brand new") == colors.color("brand new")
    assert colors.color("brand new") in colors.LIGHT


def test_a_loss_that_is_no_number_leaves_a_gap_that_a_browser_can_read():
    metrics = {"loss": [(1, 2.0), (2, math.nan)], "validation_loss": [(1, 1.5), (2, math.inf)]}
    chart = curves(metrics, "loss")
    json.dumps([chart.traces, chart.rows], allow_nan=False)
    assert [trace["y"] for trace in chart.traces] == [[2.0, None], [1.5, None]]
    assert chart.alt == "Best validation loss 1.500 at epoch 1 of 2."
    lost = curves({"validation_loss": [(1, math.nan)]}, "loss")
    assert lost.alt == "The validation loss is not a number after 1 epoch."


def test_classes_named_by_numbers_are_no_numbers():
    bars = class_bars({"a": [0.5, 0.7]}, ["10", "2"], change=False)
    heat = confusion_map([[1, 2], [3, 4]], ["10", "2"], change=False)
    assert bars.layout["xaxis"]["type"] == "category"
    for axis in ("xaxis", "yaxis"):
        assert heat.layout[axis]["tickvals"] == [0, 1]
        assert heat.layout[axis]["ticktext"] == ["10", "2"]
