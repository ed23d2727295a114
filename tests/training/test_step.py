from dataclasses import replace

import keras
import numpy as np
import pytest

from core.networks.network import build, get_weights, initial_weights, set_weights
from core.training.architecture import PLAIN
from core.training.recipe import Recipe
from core.training.step import Step
from tests.training.tiny import SHAPE, split

pytestmark = pytest.mark.slow

RECIPE = Recipe(dropout_first=0.0, dropout_second=0.0, dropout_dense=0.0, l2=0.01)
WEIGHTS = initial_weights(SHAPE, 1)
BATCH = split(12, 1)
RATE = np.float32(0.01)


def started(recipe, **options):
    step = Step(PLAIN, SHAPE, recipe, **options)
    step.start(WEIGHTS)
    return step


def test_three_steps_are_those_of_plain_keras():
    model = build(SHAPE, RECIPE.dropout, RECIPE.l2)
    set_weights(model, WEIGHTS)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    step = started(RECIPE)
    for index in range(3):
        expected = float(model.train_on_batch(BATCH.images, BATCH.labels))
        # Keras reports the mean over the batches since the last reset.
        model.reset_metrics()
        found, _ = step(BATCH.images, BATCH.labels, RATE, index)
        assert found == pytest.approx(expected, rel=1e-4)
    theirs, ours = get_weights(model), step.values()
    assert all(np.abs(theirs[name] - ours[name]).max() < 1e-4 for name in theirs)


def test_the_average_of_weights_follows_its_formula():
    step = started(replace(RECIPE, averaging=0.5))
    expected = WEIGHTS["dense2/bias"]
    for index in range(3):
        step(BATCH.images, BATCH.labels, RATE, index)
        decay = min(0.5, (1 + index) / (10 + index))
        now = step.values(averaged=False)["dense2/bias"]
        expected = decay * expected + (1 - decay) * now
    assert step.values()["dense2/bias"] == pytest.approx(expected, abs=1e-6)


def test_the_average_begins_anew_with_a_new_mask():
    """The steps before, and what they make of its warm-up, are those of another network."""
    step = started(replace(RECIPE, averaging=0.9))
    for index in range(30):
        step(BATCH.images, BATCH.labels, RATE, index)
    mask = {name: np.ones(array.shape, bool) for name, array in WEIGHTS.items()}
    mask["dense2/kernel"][::2] = False
    step.set_mask(mask)
    now = step.values(averaged=False)
    assert all(np.array_equal(now[name], value) for name, value in step.values().items())
    expected = now["dense2/bias"]
    for index in range(30, 33):
        step(BATCH.images, BATCH.labels, RATE, index)
        decay = min(0.9, (1 + index - 30) / (10 + index - 30))
        latest = step.values(averaged=False)["dense2/bias"]
        expected = decay * expected + (1 - decay) * latest
    assert step.values()["dense2/bias"] == pytest.approx(expected, abs=1e-6)
    assert not step.values()["dense2/kernel"][::2].any()


def test_weight_decay_shrinks_kernels_and_leaves_biases():
    step = started(replace(RECIPE, weight_decay=0.5, optimizer="sgd", l2=0.0))
    free = started(replace(RECIPE, optimizer="sgd", l2=0.0))
    for one in (step, free):
        one(BATCH.images, BATCH.labels, RATE, 0)
    shrunk, plain = step.values(), free.values()
    # The gradient is taken before the shrinking by 1 - 0.01 * 0.5.
    difference = plain["conv3/kernel"] - shrunk["conv3/kernel"]
    assert difference == pytest.approx(0.005 * WEIGHTS["conv3/kernel"], abs=1e-6)
    assert np.array_equal(plain["conv3/bias"], shrunk["conv3/bias"])


def test_label_smoothing_costs_what_the_formula_says():
    outputs = np.log([[0.7, 0.2, 0.1]])
    blank = {name: np.zeros_like(array) for name, array in WEIGHTS.items()}
    blank["dense2/bias"][:] = outputs[0]
    step = Step(PLAIN, SHAPE, replace(RECIPE, label_smoothing=0.3, l2=0.0))
    step.start(blank)
    found, _ = step(BATCH.images[:1], np.array([0]), RATE, 0)
    # Targets 0.8, 0.1, 0.1.
    assert found == pytest.approx(-0.8 * outputs[0, 0] - 0.1 * outputs[0, 1:].sum(), rel=1e-5)


def test_distillation_mixes_the_teachers_softened_answers():
    teacher = {name: np.zeros_like(array) for name, array in WEIGHTS.items()}
    teacher["dense2/bias"][:] = [2.0, 0.0, -2.0]
    student = {name: np.zeros_like(array) for name, array in WEIGHTS.items()}
    recipe = replace(RECIPE, distillation=0.25, temperature=2.0, l2=0.0)
    step = Step(PLAIN, SHAPE, recipe, teacher=teacher)
    step.start(student)
    found, _ = step(BATCH.images[:1], np.array([1]), RATE, 0)
    # A blank student answers 1/3 everywhere: both cross-entropies are log 3, the soft one times 4.
    assert found == pytest.approx((0.75 + 0.25 * 4) * np.log(3), rel=1e-5)
    # d soft / d bias = 4 * (1/3 - softmax(1, 0, -1)) / 2; hard: 1/3 - one-hot of class 1.
    answers = np.exp([1.0, 0.0, -1.0]) / np.exp([1.0, 0.0, -1.0]).sum()
    gradient = 0.75 * (1 / 3 - np.array([0, 1, 0])) + 0.25 * 2 * (1 / 3 - answers)
    assert np.sign(step.values()["dense2/bias"]) == pytest.approx(-np.sign(gradient))


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_the_temperature_keeps_the_size_of_the_gradient(temperature):
    """d/dz of T² CE(softmax(t/T), softmax(z/T)) = T (softmax(z/T) - softmax(t/T)).

    Source: Hinton et al. 2015, arXiv:1503.02531, section 2.
    """
    teacher = {name: np.zeros_like(array) for name, array in WEIGHTS.items()}
    teacher["dense2/bias"][:] = [1.0, 0.0, -3.0]
    student = {name: np.zeros_like(array) for name, array in WEIGHTS.items()}
    student["dense2/bias"][:] = [0.5, 2.0, 0.0]
    recipe = replace(RECIPE, distillation=1.0, temperature=temperature, l2=0.0, optimizer="sgd")
    step = Step(PLAIN, SHAPE, recipe, teacher=teacher)
    step.start(student)
    step(BATCH.images[:1], np.array([1]), RATE, 0)

    def softmax(values):
        powers = np.exp(np.array(values) / temperature)
        return powers / powers.sum()

    gradient = temperature * (softmax([0.5, 2.0, 0.0]) - softmax([1.0, 0.0, -3.0]))
    # Nesterov's first step is 1.9 times the rate.
    moved = step.values()["dense2/bias"] - student["dense2/bias"]
    assert moved == pytest.approx(-0.01 * 1.9 * gradient, abs=1e-6)


def test_an_update_of_ones_own_replaces_the_optimisers():
    def drift(variables, gradients, rate):
        variables["dense2/bias"].assign_add(gradients["dense2/bias"] * 0 + rate)

    own = replace(PLAIN, own_update=("dense2/bias",), after_step=drift)
    step = Step(own, SHAPE, RECIPE)
    step.start(WEIGHTS)
    step(BATCH.images, BATCH.labels, RATE, 0)
    assert step.values()["dense2/bias"] == pytest.approx([0.01] * 3)
