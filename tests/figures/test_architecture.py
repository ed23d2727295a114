"""The drawing of a network's layers: depths, branches, and the groups of their units."""

import pytest

from core.figures.architecture import architecture_map, coordinates_of, group_of
from core.networks.catalogue import CATALOGUE
from tests.pruning.graphs.tiny import NETWORKS, residual


def test_a_layer_lies_behind_the_deepest_that_it_reads_and_a_branch_beside():
    places = coordinates_of(residual())
    assert places["input"] == (0, 0)
    assert places["stem_relu"] == (3, 0)
    assert places["add"] == (11, 0)  # seven layers of its branch lie between
    resnet = coordinates_of(CATALOGUE["resnet-20"].network())
    before = resnet["stage2_block1_shortcut"]
    assert before[0] == resnet["stage1_block3_relu"][0] + 1
    assert before[1] == 1


def test_no_two_layers_lie_on_one_place():
    for name, network in {**NETWORKS, "resnet": CATALOGUE["resnet-20"].network()}.items():
        places = list(coordinates_of(network).values())
        assert len(set(places)) == len(places), name


def test_layers_that_act_in_training_only_are_not_drawn_and_lines_pass_them_by():
    places = coordinates_of(NETWORKS["plain"])
    assert "dropout" not in places
    assert places["dense2"][0] == places["dense1"][0] + 1


def test_layers_that_share_units_share_a_colour_and_what_stays_is_grey():
    groups = group_of(residual())
    assert groups == {"stem": "stem", "outer": "stem", "inner": "inner", "head": ""}
    boxes = architecture_map(residual()).traces[2]
    hue = dict(zip([text.split("<br>")[0] for text in boxes["hovertext"]],
                   boxes["marker"]["color"], strict=True))  # fmt: skip
    assert hue["stem"] == hue["outer"] != hue["inner"]
    assert hue["head"] not in (hue["stem"], hue["inner"])


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_layer_is_a_row_and_the_sentence_counts(name):
    network = CATALOGUE[name].network()
    chart = architecture_map(network)
    assert [row["layer"] for row in chart.rows] == [layer.name for layer in network.layers]
    assert sum(row["parameters"] for row in chart.rows) == network.parameters
    assert chart.alt.startswith(f"{len(network.layers)} layers of the network")


def test_a_shortcut_on_the_lane_of_what_it_goes_around_passes_below():
    edges = architecture_map(residual()).traces[0]
    assert min(y for y in edges["y"] if y is not None) == -0.4
    turns = [x for x, y in zip(edges["x"], edges["y"], strict=True) if y == -0.4]
    assert turns == [3.5, 10.5]  # from stem_relu, the third, to add, the eleventh
