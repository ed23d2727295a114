"""The class that a network is said to choose is the one that its file chooses, however it ends."""

import numpy as np
import pytest

from core.evaluation.accuracy import predict
from core.networks.keras_files.reader import read_network
from core.networks.layers.functions import FUNCTIONS

pytestmark = pytest.mark.slow  # Keras
VALUES = np.random.default_rng(0).normal(0, 1, (300, 5)).astype(np.float32)


ENDS = [(0.3, 0.0), (1.0, -2.0), (30.0, 0.0), (1.0, -20.0)]  # spread and shift of what comes in


def check(path, last):
    """Compare what the program says of a file with what Keras answers, for several weights."""
    import keras

    model = keras.Sequential([keras.Input((5,)), *last])
    model.save(path)
    found = read_network(path)
    for spread, shift in ENDS:
        kernel = np.random.default_rng(1).normal(0, spread, (5, 3))
        model.layers[0].set_weights([kernel, np.full(3, shift)])
        weights = dict(zip(found.weights, model.get_weights(), strict=True))
        answers = predict(weights, found.network, VALUES)
        wanted = model.predict(VALUES, verbose=0)
        assert (answers.argmax(axis=1) == wanted.argmax(axis=1)).all()
        np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_activation_chooses_as_its_file_does(tmp_path, function):
    import keras

    check(tmp_path / "a.keras", [keras.layers.Dense(3, activation=function)])


@pytest.mark.parametrize("layer", ["ReLU", "ELU", "LeakyReLU", "Softmax", "PReLU"])
def test_every_activation_layer_chooses_as_its_file_does(tmp_path, layer):
    import keras

    check(tmp_path / "a.keras", [keras.layers.Dense(3), getattr(keras.layers, layer)()])
