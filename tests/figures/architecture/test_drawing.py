"""The drawing of a network's layers: depths, branches, and the groups of their units."""

import pytest

from core.evaluation.layer_states import layer_states
from core.evaluation.network_point import layers_of_network
from core.figures.architecture.drawing import COLORS, _hues, architecture_map, group_of
from core.figures.architecture.positions import coordinates_of
from core.networks.catalogue import CATALOGUE
from core.networks.groups.dead_units import without_dead_units
from core.networks.groups.unit_groups import unit_groups
from core.networks.initializers import initial_values
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


def test_blue_is_for_layers_on_their_own_however_many_groups_are_tied():
    pairs = {f"{pair}{layer}": pair for pair in "abcdefghijkl" for layer in (1, 2)}
    hues, tied, free = _hues({**pairs, "alone": "alone"})
    assert (tied, free) == (12, 13)
    assert [group for group, hue in hues.items() if hue == hues["alone"]] == ["alone"]


def test_no_legend_lies_on_the_boxes():
    chart = architecture_map(residual())
    assert all(trace.get("showlegend") is False for trace in chart.traces)
    assert "blue ones make units that can go on their own" in COLORS


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


def emptied():
    """The residual network with 48 of the 54 entries of its stem's kernel at zero."""
    network = residual()
    weights = initial_values(network, 0)
    weights["stem/kernel"].reshape(-1)[6:] = 0
    groups = unit_groups(network)
    measured = layers_of_network(groups, weights, without_dead_units(groups, weights))
    return network, layer_states(network, weights, measured)


def test_a_finished_network_is_drawn_with_what_is_left_of_each_layer():
    network, states = emptied()
    chart = architecture_map(network, states)
    boxes, filling = chart.traces[3], chart.traces[4]
    stem = [name for (name,) in boxes["customdata"]].index("stem")
    area = (filling["marker"]["size"][stem] / boxes["marker"]["size"][stem]) ** 2
    assert area == pytest.approx(6 / 54)
    assert "54 parameters, 48 zeros: 11.1% left" in boxes["hovertext"][stem]
    row = next(row for row in chart.rows if row["layer"] == "stem")
    assert (row["zeros"], row["useful multiply-adds"]) == (48, 6 * 81)
    assert chart.alt.endswith("Least is left of stem: 11.1% of its parameters.")


def test_the_chosen_layer_has_a_ring_where_it_is_drawn():
    network, states = emptied()
    ring = architecture_map(network, states, "inner").traces[-1]
    assert (ring["x"][0], ring["y"][0]) == coordinates_of(network)["inner"]
    assert len(architecture_map(network, states, "unknown").traces) == 5
