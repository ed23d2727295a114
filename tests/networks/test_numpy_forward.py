"""The NumPy forward pass answers as TensorFlow's does, and leaves its inputs alone."""

import numpy as np
import pytest

from core.evaluation.accuracy import predict, softmax
from core.networks import numpy_forward
from core.networks.network import REFERENCE, NetworkShape, initial_weights
from tests.numpy_forward import probabilities

SHAPES = [
    REFERENCE,
    NetworkShape((28, 31, 1), 7, (3, 5, 4, 6, 9)),
    NetworkShape((10, 10, 3), 2, (1, 1, 1, 1, 1)),
]


def trained_looking(shape, seed):
    """Return weights with biases and a tenth of the units dead, as networks after pruning have."""
    rng = np.random.default_rng(seed)
    weights = {n: 2 * a for n, a in initial_weights(shape, seed).items()}
    for name, array in weights.items():
        if name.endswith("bias"):
            array += rng.normal(0, 0.1, array.shape).astype(np.float32)
        array[..., rng.random(array.shape[-1]) < 0.1] = 0
    return weights


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: str(shape.input_shape))
def test_probabilities_are_tensorflows_to_a_hundred_thousandth(shape):
    weights = trained_looking(shape, 3)
    images = np.random.default_rng(1).random((70, *shape.input_shape), dtype=np.float32)
    found = softmax(numpy_forward.predict_logits(weights, images))
    assert np.abs(found - predict(weights, shape, images)).max() < 1e-5


@pytest.mark.parametrize("shape", SHAPES[1:], ids=lambda shape: str(shape.input_shape))
def test_probabilities_are_those_of_the_definition(shape):
    weights = trained_looking(shape, 3)
    images = np.random.default_rng(1).random((9, *shape.input_shape), dtype=np.float32)
    found = softmax(numpy_forward.predict_logits(weights, images, batch=4))
    assert np.abs(found - probabilities(weights, images)).max() < 1e-5


def test_the_two_halves_make_the_whole():
    shape = SHAPES[1]
    weights = trained_looking(shape, 5)
    images = np.random.default_rng(1).random((5, *shape.input_shape), dtype=np.float32)
    rows = numpy_forward.hidden(weights, images)
    assert rows.shape == (5, shape.positions * 6)
    whole = numpy_forward.predict_logits(weights, images)
    assert np.allclose(numpy_forward.classified(weights, rows), whole, atol=1e-6)


def test_no_images_have_no_answers():
    weights = initial_weights(REFERENCE, 1)
    assert numpy_forward.predict_logits(weights, np.empty((0, 25, 25, 3))).shape == (0, 5)
