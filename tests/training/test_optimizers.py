import keras
import numpy as np
import pytest
import tensorflow as tf

from core.training.optimizers import OPTIMIZERS, Adam, Nesterov

pytestmark = pytest.mark.slow

START = np.array([1.0, -2.0, 0.5], np.float32)
GRADIENTS = np.array([[0.3, -0.1, 2.0], [0.2, 0.4, -1.0], [-0.5, 0.1, 0.7]], np.float32)


def advance(kind, gradients, rate):
    variable = tf.Variable(START)
    optimizer = kind({"w": variable})
    for step, gradient in enumerate(gradients):
        optimizer.apply({"w": tf.constant(gradient)}, tf.constant(rate), tf.constant(float(step)))
    return variable.numpy()


def test_adams_first_step_is_the_rate_against_the_gradients_sign():
    # First moment 0.1 g over (1 - 0.9), second 0.001 g² over (1 - 0.999): g / |g|.
    assert advance(Adam, GRADIENTS[:1], 0.01) == pytest.approx([0.99, -1.99, 0.49], abs=1e-5)


def test_nesterovs_first_step_looks_ahead():
    # Velocity -0.1 g, then 0.9 * velocity - 0.1 g = -0.19 g.
    expected = START - 0.19 * GRADIENTS[0]
    assert advance(Nesterov, GRADIENTS[:1], 0.1) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("adam", keras.optimizers.Adam(0.01)),
        ("sgd", keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True)),
    ],
)
def test_three_steps_are_those_of_keras(name, theirs):
    variable = keras.Variable(START)
    for gradient in GRADIENTS:
        theirs.apply([tf.constant(gradient)], [variable])
    assert advance(OPTIMIZERS[name], GRADIENTS, 0.01) == pytest.approx(variable.numpy(), abs=1e-6)
