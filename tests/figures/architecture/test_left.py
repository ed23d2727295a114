"""Bars of what is left: shares of parameters, units and multiply-adds by hand."""

from core.evaluation.layer_states import LayerState
from core.figures.architecture.left import left_bars
from core.networks.groups.description import LayerRow

STATES = [
    LayerState(LayerRow("input", "InputLayer", (9, 9, 1), 0, 0)),
    LayerState(LayerRow("conv", "Conv2D", (9, 9, 4), 40, 3240), 30, 810, 4, 1),
    LayerState(LayerRow("norm", "BatchNormalization", (9, 9, 4), 16, 0), 4, 0, 4, 1),
]


def test_a_layer_without_parameters_has_no_bar_and_the_others_have_their_shares():
    parameters, units, work = left_bars(STATES).traces
    assert parameters["x"] == units["x"] == work["x"] == ["conv", "norm"]
    assert parameters["y"] == [0.25, 0.75]  # 10 of 40, 12 of 16
    assert units["y"] == [0.75, 0.75]
    assert work["y"] == [0.25, 1.0]  # nothing to save in a normalization
    assert parameters["customdata"][0] == ["conv", "10 of 40 parameters"]


def test_the_sentence_counts_all_parameters():
    chart = left_bars(STATES)
    assert chart.alt == "What is left in 2 layers: 39.3% of all parameters."  # 22 of 56
    assert chart.rows[0] == {
        "layer": "conv",
        "parameters left": 10,
        "units left": 3,
        "multiply-adds left": 810,
    }
