"""Linear layer, ReLU, loss and MLP: by hand, and against central differences."""

import numpy as np
import pytest

from core.federated.network import loss, mlp
from core.federated.network.linear import linear, linear_gradient, relu, relu_gradient
from core.federated.network.mlp import MLP
from core.federated.network.vector import flatten, unflatten


def central_differences(function, array, step=1e-6):
    """Return the numerical gradient of a scalar function of `array`, entry by entry."""
    gradient = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        up, down = array.copy(), array.copy()
        up[place] += step
        down[place] -= step
        gradient[place] = (function(up) - function(down)) / (2 * step)
    return gradient


def relative_error(one, other):
    return np.abs(one - other).max() / np.abs(other).max()


def test_the_linear_layer_multiplies_and_adds():
    inputs, weight = np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [5.0, 6.0]])
    # 1*3 + 2*5 + 1 = 14; 1*4 + 2*6 - 1 = 15
    assert linear(inputs, weight, np.array([1.0, -1.0])).tolist() == [[14.0, 15.0]]


def test_the_linear_gradient_by_hand():
    inputs, weight = np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[3.0], [5.0]])
    gradient = linear_gradient(inputs, weight, np.array([[10.0], [1.0]]))
    assert gradient.weight.tolist() == [[10.0], [21.0]]  # 1*10 + 0*1; 2*10 + 1*1
    assert gradient.bias.tolist() == [11.0]
    assert gradient.inputs.tolist() == [[30.0, 50.0], [3.0, 5.0]]


def test_relu_passes_gradients_only_where_it_is_open():
    outputs = relu(np.array([-1.0, 0.0, 2.0]))
    assert outputs.tolist() == [0.0, 0.0, 2.0]
    assert relu_gradient(outputs, np.array([5.0, 5.0, 5.0])).tolist() == [0.0, 0.0, 5.0]


def test_equal_logits_lose_the_logarithm_of_the_classes():
    assert loss.cross_entropy(np.zeros((3, 10)), np.array([0, 4, 9])) == pytest.approx(np.log(10))


def test_huge_logits_do_not_overflow():
    logits = np.array([[1e4, 0.0]])
    assert loss.softmax(logits).tolist() == [[1.0, 0.0]]
    assert loss.cross_entropy(logits, np.array([1])) == pytest.approx(1e4)


def test_the_loss_gradient_is_probability_less_one_hot():
    gradient = loss.cross_entropy_gradient(np.zeros((2, 2)), np.array([0, 1]))
    assert gradient.tolist() == [[-0.25, 0.25], [0.25, -0.25]]  # (1/2 - 1) / 2 samples


@pytest.mark.parametrize("sizes", [(6, 3), (6, 5, 3), (6, 5, 4, 3)])
@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_every_gradient_equals_central_differences(sizes, l2):
    rng = np.random.default_rng(1)
    shapes = MLP(sizes).parameter_shapes()
    vector = rng.normal(0, 0.5, sum(int(np.prod(shape)) for shape in shapes.values()))
    inputs, labels = rng.normal(size=(7, 6)), rng.integers(0, 3, 7)
    exact = flatten(mlp.gradient(unflatten(vector, shapes), inputs, labels, l2))
    numerical = central_differences(
        lambda v: mlp.mean_loss(unflatten(v, shapes), inputs, labels, l2), vector
    )
    assert relative_error(exact, numerical) <= 1e-6


def test_the_default_network_has_9098_parameters():
    # 60*128 + 128 + 128*10 + 10
    shapes = MLP((60, 128, 10)).parameter_shapes()
    assert sum(int(np.prod(shape)) for shape in shapes.values()) == 9098
    assert list(shapes) == ["linear1/kernel", "linear1/bias", "linear2/kernel", "linear2/bias"]


def test_initial_parameters_follow_the_seed_and_the_glorot_limit():
    one, again, other = (MLP((60, 128, 10)).initial_parameters(seed) for seed in (1, 1, 2))
    assert np.array_equal(flatten(one), flatten(again))
    assert not np.array_equal(flatten(one), flatten(other))
    limit = np.sqrt(6 / (60 + 128))
    assert 0.99 * limit < np.abs(one["linear1/kernel"]).max() <= limit
    assert not one["linear1/bias"].any()


def test_a_vector_holds_the_parameters_in_order():
    shapes = {"a": (2, 2), "b": (3,)}
    named = unflatten(np.arange(7.0), shapes)
    assert named["a"].tolist() == [[0, 1], [2, 3]]
    assert named["b"].tolist() == [4, 5, 6]
    assert flatten(named).tolist() == list(range(7))
