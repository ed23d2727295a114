import numpy as np
import pytest

from core.evaluation.accuracy import (
    accuracy,
    agreement,
    confusion,
    loss,
    per_class_accuracy,
    predict,
)
from core.networks.network import REFERENCE, NetworkShape, build, get_weights, set_weights
from tests.networks.test_compact import weights_with_biases
from tests.numpy_forward import probabilities

THREE = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.4, 0.1], [0.2, 0.7, 0.1]])
LABELS = np.array([0, 1, 1, 1])


def test_accuracy_counts_the_most_probable_class():
    assert accuracy(THREE, LABELS) == 0.75


def test_loss_is_the_mean_negative_logarithm_of_the_true_class():
    assert loss(THREE, LABELS) == pytest.approx(-np.log(0.7 * 0.6 * 0.4 * 0.7) / 4)


def test_a_true_class_of_probability_zero_costs_a_finite_loss():
    assert loss(np.array([[1.0, 0.0]]), np.array([1])) == pytest.approx(-np.log(1e-7))


def test_confusion_has_true_classes_in_rows():
    assert confusion(THREE, LABELS).tolist() == [[1, 0, 0], [1, 2, 0], [0, 0, 0]]


def test_a_class_without_images_has_no_accuracy():
    found = per_class_accuracy(THREE, LABELS)
    assert found[:2] == pytest.approx([1, 2 / 3])
    assert np.isnan(found[2])


def test_agreement_compares_choices_not_probabilities():
    assert agreement(THREE, THREE[[0, 1, 3, 3]]) == 0.75


@pytest.mark.slow
@pytest.mark.parametrize("shape", [REFERENCE, NetworkShape((14, 18, 1), 7, (2, 3, 4, 5, 6))])
def test_predictions_agree_with_plain_numpy_loops(shape):
    weights = weights_with_biases(shape, 6)
    images = np.random.default_rng(7).random((5, *shape.input_shape)).astype(np.float32)
    found = predict(weights, shape, images, batch=2)
    assert found.dtype == np.float32
    assert np.abs(found - probabilities(weights, images)).max() < 1e-5


@pytest.mark.slow
def test_the_keras_network_is_the_same_function():
    model = build(REFERENCE)
    assert model.count_params() == 592_933
    weights = weights_with_biases(REFERENCE, 8)
    set_weights(model, weights)
    assert all(np.array_equal(weights[name], a) for name, a in get_weights(model).items())
    images = np.random.default_rng(9).random((3, 25, 25, 3)).astype(np.float32)
    expected = probabilities(weights, images)
    assert np.abs(model(images, training=False).numpy() - expected).max() < 1e-5
