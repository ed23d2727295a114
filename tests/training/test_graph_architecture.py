"""Any network trains: as it is, or with temporary batch normalization that folds away."""

from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.accuracy import accuracy, predict, softmax
from core.networks import graph, inference
from core.networks.builder import Draft
from core.networks.initializers import initial_values
from core.networks.layers import LAYER_KINDS as K
from core.networks.output_layer import logits_of
from core.progress import Silent
from core.training.graph_architecture import (
    Normalised,
    fitting,
    graph_architecture,
    normalised_layers,
    trainable,
)
from core.training.number_formats import short_layers
from core.training.recipe import COURSE, FAST, QUICK
from core.training.teachers.teacher import NetworkTeacher
from core.training.train import train
from tests.pruning.graphs.tiny import NETWORKS, data, plain, residual, weights

pytestmark = pytest.mark.slow  # TensorFlow


def test_only_networks_without_normalization_get_it():
    assert normalised_layers(residual()) == ()
    assert normalised_layers(plain()) == ("conv1", "conv2", "dense1")


def test_temporary_normalization_starts_as_the_network_and_folds_back():
    network, arrays, images = plain(), weights("plain"), data("plain").train.images
    normalised = Normalised(network, normalised_layers(network))
    values = normalised.values(arrays, images)
    wanted = graph.predict(network, arrays, images)
    found = graph.predict(normalised.network, values, images)
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    folded = normalised.fold(values)
    assert folded.keys() == arrays.keys()
    np.testing.assert_allclose(graph.predict(network, folded, images), wanted, atol=1e-4)


def test_dropout_is_a_share_of_the_networks_own():
    # The reference's .5 is the usual one: the course keeps .4, fast with its .2 takes two fifths.
    for recipe, rate in ((COURSE, 0.4), (FAST, 0.16)):
        model = trainable(plain(), recipe, 0.9)
        assert model.get_layer("dropout").rate == pytest.approx(rate)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_convolutions_and_what_stands_between_them_compute_in_the_recipes_format(precision):
    model = trainable(residual(), replace(FAST, precision=precision), 0.9)
    computed = {layer.name: layer.compute_dtype for layer in model.layers}
    assert {computed[name] for name in short_layers(residual())} == {precision}
    assert computed[residual().output.name] == "float32"
    kept = {weight.dtype for weight in model.weights if "seed" not in weight.path}
    assert kept == {"float32"}


def test_answers_and_functions_that_bend_stay_float32():
    draft = Draft((12, 12, 3))
    draft.add("bends", K["Conv2D"](8, (3,), activation="gelu"))
    draft.add("rectifies", K["Conv2D"](8, (3,), activation="relu"))
    draft.add("classes", K["Conv2D"](4, (3,)))
    draft.add("mean", K["GlobalAveragePooling2D"]())
    draft.add("answer", K["Activation"]("softmax"))
    assert short_layers(draft.network()) == {"rectifies"}


def test_only_convolutions_have_the_penalty():
    assert len(trainable(plain(), COURSE, 0.9).losses) == 2


def test_what_turns_images_round_is_left_out_for_rows_of_values():
    recipe = fitting(NETWORKS["perceptron"], replace(FAST, crop=1))
    assert (recipe.flips, recipe.crop) == (False, 0)
    assert fitting(residual(), FAST) == FAST


@pytest.mark.parametrize("name", NETWORKS)
def test_any_network_learns(name):
    network, read = NETWORKS[name], data(name)
    recipe = replace(fitting(network, QUICK), epochs=20, batch_size=8)
    trained = train(
        initial_values(network, 0),
        network,
        read,
        recipe,
        0,
        Silent(),
        architecture=graph_architecture(network, recipe, None, 6),
    )
    assert trained.weights.keys() == network.parameter_shapes().keys()
    assert (
        accuracy(predict(trained.weights, network, read.holdout.images), read.holdout.labels) > 0.8
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_answers_are_those_of_numpy(name):
    network, arrays, images = NETWORKS[name], weights(name), data(name).holdout.images
    wanted = graph.predict(logits_of(network), arrays, images)
    np.testing.assert_allclose(inference.logits(network, arrays, images), wanted, atol=1e-4)
    np.testing.assert_allclose(predict(arrays, network, images), softmax(wanted), atol=1e-5)


def test_a_teacher_answers_once_and_the_same():
    images = data("plain").holdout.images
    teacher = NetworkTeacher(plain(), weights("plain"))
    first = teacher.answers(images)
    assert teacher.answers(images) is first or np.array_equal(teacher.answers(images), first)
    np.testing.assert_allclose(
        first, inference.logits(plain(), weights("plain"), images), atol=1e-5
    )


def test_gradients_are_those_of_finite_differences():
    network, arrays, read = plain(), weights("plain"), data("plain").holdout
    gradient = inference.trained_by(network, arrays)(read.images, read.labels.astype(np.int32))
    assert gradient.keys() == arrays.keys()

    def loss(bias):
        changed = {**arrays, "dense2/bias": bias}
        probabilities = softmax(graph.predict(network, changed, read.images).astype(np.float64))
        return -np.log(probabilities[np.arange(len(read)), read.labels]).mean()

    step = np.array([1e-3, 0, 0], np.float32)
    bias = arrays["dense2/bias"]
    slope = (loss(bias + step) - loss(bias - step)) / 2e-3
    assert gradient["dense2/bias"][0] == pytest.approx(slope, rel=1e-2)


def test_every_parameter_is_a_variable_of_its_name():
    draft = Draft((8, 8, 3))
    draft.add("convolution", K["Conv2D"](4, (3,)))
    draft.add("scale", K["LayerScale"](0.1, 4))
    draft.add("separable", K["SeparableConv2D"]((3,), filters=4))
    draft.add("depthwise", K["DepthwiseConv2D"]((3,)))
    draft.add("prelu", K["PReLU"]((1, 2)))
    draft.add("layer_norm", K["LayerNormalization"]())
    draft.add("batch_norm", K["BatchNormalization"]())
    draft.add("pool", K["GlobalAveragePooling2D"]())
    draft.add("dense", K["Dense"](3))
    network = draft.network()
    model = trainable(network, COURSE, 0.9)
    names = {f"{layer.name}/{v.name}" for layer in model.layers for v in layer.variables}
    assert network.parameter_shapes().keys() <= names
