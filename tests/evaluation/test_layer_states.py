"""What is left of each layer: the file's zeros beside what the layer was designed with."""

import pytest

from core.evaluation.cost import layer_costs, multiply_adds
from core.evaluation.layer_states import layer_states
from core.evaluation.network_point import layers_of_network, useful_multiply_adds
from core.evaluation.point import layers_of
from core.networks.groups.dead_units import without_dead_units
from core.networks.groups.unit_groups import unit_groups
from core.networks.initializers import initial_values
from core.networks.network import NetworkShape, initial_weights
from core.networks.reference import reference
from tests.pruning.graphs.tiny import residual

SHAPE = NetworkShape((12, 12, 1), 3, (2, 2, 3, 3, 4))


def test_the_reference_network_is_told_as_its_own_costs_tell_it():
    weights = initial_weights(SHAPE, 0)
    weights["conv2/kernel"][..., 0] = 0
    states = layer_states(reference(SHAPE), weights, layers_of(weights, SHAPE))
    found = {state.row.name: state for state in states}
    for cost in layer_costs(weights, SHAPE):
        state = found[cost.name]
        assert (state.row.parameters, state.zeros) == (cost.parameters, cost.zeros)
        assert (state.units, state.dead_units) == (cost.units, cost.dead_units)
        assert state.useful_multiply_adds == cost.multiply_adds
    assert sum(state.row.multiply_adds for state in states) == multiply_adds(SHAPE)
    assert found["conv2"].left == pytest.approx(1 - (9 * 2 + 2) / (9 * 4 + 2))  # biases begin at 0
    assert (found["pool1"].left, found["pool1"].units_left) == (1.0, 1.0)


def test_another_network_adds_up_to_its_point():
    network = residual()
    weights = initial_values(network, 0)
    weights["inner/kernel"][..., :4] = 0
    groups = unit_groups(network)
    measured = layers_of_network(groups, weights, without_dead_units(groups, weights))
    states = layer_states(network, weights, measured)
    assert [state.row.name for state in states] == list(network.by_name)
    assert sum(s.zeros for s in states) == sum(layer.zeros for layer in measured)
    assert sum(s.row.parameters for s in states) == network.parameters
    useful = sum(state.useful_multiply_adds for state in states)
    assert useful == useful_multiply_adds(network, weights)
    inner = next(state for state in states if state.row.name == "inner")
    assert (inner.dead_units, inner.units_left) == (4, 0.5)
