"""Channel pruning by regression against arithmetic by hand, slow sums and scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import Lasso

from core.networks.topology import CHANNEL_LAYERS, READER, readers
from core.pruning.activations import read_rows
from core.pruning.layerwise import Partial, reader_positions, sample_images
from core.pruning.method import Budget
from core.pruning.methods import regression
from core.pruning.methods.regression import Regression
from core.pruning.reconstruction import lasso
from core.pruning.reconstruction.least_squares import moments, stack
from core.randomness import generator
from tests.pruning import tiny

pytestmark = pytest.mark.slow  # TensorFlow

SMALL = Regression(images=60, positions=5, dense_images=90)
HALF = {"conv1": 2, "conv2": 2, "conv3": 3, "conv4": 3, "dense1": 8}
ALL = {layer: tiny.SHAPE.units[layer] for layer in CHANNEL_LAYERS}


def test_the_channel_problem_by_hand():
    # One place, two channels with kernels 3 and −2 (norms 3 and 2) into one unit; rows x = (0, 0)
    # and (2, 2). Centred, X_c W_c/‖W_c‖ is (−1, 1) and (1, −1), so their mean products are ±1.
    # y = 3x_0 − 2x_1 = 0, 2, centred −1, 1: the correlations are 1 and −1.
    x, y = np.array([[0.0, 0.0], [2.0, 2.0]]), np.array([[0.0], [2.0]])
    matrix = np.array([[3.0], [-2.0], [0.0]])
    gram, correlation = regression.channel_problem(moments(x, y), matrix, 2)
    np.testing.assert_allclose(gram, [[1, -1], [-1, 1]])
    np.testing.assert_allclose(correlation, [1, -1])


def raw_problem(layer: str):
    """Z (rows x units, channels) and y spelt out channel by channel, without Gram matrices."""
    weights, images = tiny.weights(), tiny.data().train.images
    reader = READER[layer]
    rng = np.random.default_rng(0)
    where = reader_positions(layer, tiny.SHAPE, len(images), 300, rng)
    rows = read_rows(weights, images, reader, where).astype(np.float64)
    matrix = stack(weights[f"{reader}/kernel"], weights[f"{reader}/bias"])
    outputs = rows @ matrix[:-1] + matrix[-1]
    channels = tiny.SHAPE.units[layer]
    columns = []
    for channel in range(channels):
        owned = np.arange(channel, rows.shape[1], channels)
        part = rows[:, owned] @ (matrix[owned] / np.linalg.norm(matrix[owned]))
        columns.append((part - part.mean(axis=0)).reshape(-1))
    y = (outputs - outputs.mean(axis=0)).reshape(-1)
    return rows, outputs, matrix, np.stack(columns, axis=1), y


@pytest.mark.parametrize("layer", CHANNEL_LAYERS)
def test_the_gram_problem_has_the_solution_that_scikit_learn_finds_on_the_raw_rows(layer):
    rows, outputs, matrix, z, y = raw_problem(layer)
    gram, correlation = regression.channel_problem(
        moments(rows, outputs), matrix, tiny.SHAPE.units[layer]
    )
    penalty = 0.2 * np.abs(correlation).max()
    units = matrix.shape[1]  # our means are over rows, scikit-learn's over rows x units
    theirs = Lasso(alpha=penalty / units, fit_intercept=False, tol=1e-12, max_iter=100_000)
    ours = lasso.solve(gram, correlation, penalty)
    np.testing.assert_allclose(ours, theirs.fit(z, y).coef_, atol=1e-5)
    assert 0 < np.count_nonzero(ours) <= len(ours)


def test_y_comes_from_the_original_network_and_x_from_the_pruned_one():
    context = tiny.context()
    pruned = Partial(context.weights, tiny.SHAPE, {}).with_layer("conv1", np.array([0, 2]))
    of = regression.layer_moments(context, SMALL, pruned, "conv2")
    images = sample_images(context, 60, "regression", "conv2", "images")
    rng = generator(context.seed, "regression", "conv2", "rows")
    where = reader_positions("conv2", tiny.SHAPE, 60, 300, rng)
    x = read_rows(pruned.weights, images, "conv3", where)
    kernel, bias = context.weights["conv3/kernel"], context.weights["conv3/bias"]
    y = read_rows(context.weights, images, "conv3", where) @ kernel.reshape(-1, 6) + bias
    np.testing.assert_allclose(of.gram[:-1, :-1], x.T @ x / 300, atol=1e-5)
    np.testing.assert_allclose(of.target[:-1], x.T @ y / 300, atol=1e-5)
    np.testing.assert_allclose(of.target[-1], y.mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("layer", CHANNEL_LAYERS)
def test_the_refit_lowers_the_error_that_plain_removal_makes(layer):
    context = tiny.context()
    network = Partial(context.weights, tiny.SHAPE, {})
    smaller = regression.cut(context, SMALL, network, layer, 2)
    reader, kept = READER[layer], smaller.kept[layer]
    images = context.data.validation.images
    where = reader_positions(layer, tiny.SHAPE, len(images), 500, np.random.default_rng(0))
    kernel, bias = context.weights[f"{reader}/kernel"], context.weights[f"{reader}/bias"]
    units = len(bias)
    wanted = read_rows(context.weights, images, reader, where) @ kernel.reshape(-1, units) + bias
    rows = read_rows(smaller.weights, images, reader, where)
    plain = readers(context.weights, layer)[:, kept].reshape(-1, units)
    fitted = smaller.weights[f"{reader}/kernel"].reshape(-1, units)
    before = np.square(wanted - rows @ plain - bias).mean()
    after = np.square(wanted - rows @ fitted - smaller.weights[f"{reader}/bias"]).mean()
    assert after < before


def test_keeping_every_channel_gives_the_same_network():
    selection = regression.select(tiny.context(), SMALL, Budget(0.0, ALL, 0))
    for name, value in tiny.weights().items():
        np.testing.assert_allclose(selection.weights[name], value, atol=1e-4)


def test_without_an_allocation_every_layer_keeps_the_same_share():
    selection = regression.select(tiny.context(), SMALL, Budget(0.6, None, 0))
    kept = {layer: len(kept) for layer, kept in selection.kept.items()}
    shares = [kept[layer] / ALL[layer] for layer in CHANNEL_LAYERS]
    assert max(shares) - min(shares) < 0.25
    zeros = sum(int((value == 0).sum()) for value in selection.weights.values())
    assert zeros / tiny.SHAPE.parameters == pytest.approx(0.6, abs=0.05)
