from dataclasses import replace

import keras
import numpy as np
import pytest

from core.errors import SettingsError
from core.networks.network import initial_weights
from core.progress import Silent
from core.training.recipe import Recipe
from core.training.temporary_batchnorm import BATCHNORM, fold
from core.training.train import train
from tests.numpy_forward import probabilities
from tests.training.tiny import SHAPE, prepared

pytestmark = pytest.mark.slow

RECIPE = Recipe(epochs=2, batch_size=16, learning_rate=0.01, batch_normalisation=True)
WEIGHTS = initial_weights(SHAPE, 1)


def random_values(model):
    rng = np.random.default_rng(4)
    return {
        f"{layer.name}/{variable.name}": rng.uniform(0.2, 1.2, variable.shape).astype(np.float32)
        for layer in model.layers
        for variable in layer.weights
        if "seed" not in variable.name
    }


def test_folding_by_hand_for_one_channel():
    model = BATCHNORM.build(SHAPE, RECIPE)
    values = {name: np.ones_like(array) for name, array in random_values(model).items()}
    values["conv1_norm/gamma"][:] = 3.0
    values["conv1_norm/moving_mean"][:] = 2.0
    values["conv1_norm/moving_variance"][:] = 2.249  # sqrt(2.249 + 0.001) = 1.5
    weights = fold(values)
    assert weights["conv1/kernel"] == pytest.approx(np.full((3, 3, 1, 2), 3 / 1.5))
    assert weights["conv1/bias"] == pytest.approx(np.full(2, 1 - 2 * 3 / 1.5))


def test_the_folded_network_answers_what_the_normalised_one_does():
    model = BATCHNORM.build(SHAPE, RECIPE)
    values = random_values(model)
    for layer in model.layers:
        for variable in layer.weights:
            if "seed" not in variable.name:
                variable.assign(
                    values[f"{layer.name}/{variable.name}"]
                    - 0.6 * (variable.name in ("kernel", "beta"))
                )
                values[f"{layer.name}/{variable.name}"] = variable.numpy()
    images = prepared().validation.images
    outputs = model(images, training=False).numpy().astype(np.float64)
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    expected = powers / powers.sum(axis=1, keepdims=True)
    assert np.abs(probabilities(fold(values), images) - expected).max() < 1e-5


def test_training_with_normalisation_gives_plain_weights_of_the_same_network():
    trained = train(WEIGHTS, SHAPE, prepared(), RECIPE, 3, Silent())
    sizes = {name: array.shape for name, array in trained.weights.items()}
    assert sizes == SHAPE.parameter_shapes()
    assert list(sizes) == list(SHAPE.parameter_shapes())


def test_a_pruned_bias_cannot_come_back_through_folding():
    mask = {name: np.zeros_like(array) for name, array in WEIGHTS.items() if name == "conv1/bias"}
    with pytest.raises(SettingsError, match="conv1/bias cannot be masked"):
        train(WEIGHTS, SHAPE, prepared(), RECIPE, 3, Silent(), mask=mask)
    free = replace(RECIPE, batch_normalisation=False)
    assert (
        not train(WEIGHTS, SHAPE, prepared(), free, 3, Silent(), mask=mask)
        .weights["conv1/bias"]
        .any()
    )


def test_the_fused_layer_normalises_and_remembers_as_keras_does():
    model = BATCHNORM.build(SHAPE, RECIPE)
    fused, plain = model.get_layer("conv1_norm"), keras.layers.BatchNormalization(momentum=0.95)
    x = np.random.default_rng(5).normal(2, 3, (8, 14, 14, 2)).astype(np.float32)
    assert np.abs(fused(x, training=True).numpy() - plain(x, training=True).numpy()).max() < 1e-5
    assert np.allclose(fused.moving_mean.numpy(), plain.moving_mean.numpy(), atol=1e-5)
    # TensorFlow's kernel divides by n - 1 (8 * 14 * 14 = 1,568 values), Keras by n.
    batch_fused, batch_plain = (
        (layer.moving_variance.numpy() - 0.95) / 0.05 for layer in (fused, plain)
    )
    assert np.allclose(batch_fused * 1567 / 1568, batch_plain, rtol=1e-4)
