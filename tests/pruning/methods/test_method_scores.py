"""Each score against a case computed by hand or against an independent reference."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from core.evaluation.accuracy import loss, predict
from core.networks.network import build, set_weights
from core.progress import Silent
from core.pruning.gradients import batch_gradients
from core.pruning.masks.gradient_regrowth import regrow
from core.pruning.masks.mask import cut
from core.pruning.method import Budget, PruningContext
from core.pruning.methods import METHODS, woodfisher
from core.pruning.methods.l1_filter import filter_norms, greedy_norms
from core.pruning.methods.taylor import filter_effect
from core.pruning.methods.woodfisher import WoodFisher
from core.pruning.plan import PrunePlan
from core.pruning.schedule import ramp_over
from core.pruning.unstructured import Cutter
from tests.pruning.tiny import SHAPE, context, data, split, weights

pytestmark = pytest.mark.slow  # TensorFlow


def magnitudes():
    return {name: np.abs(value) for name, value in weights().items()}


def test_magnitude_keeps_the_largest_weights():
    method = METHODS["magnitude"]
    scores = method.scores(context(), method.settings())
    assert all(np.array_equal(scores[name], np.abs(value)) for name, value in weights().items())


def test_a_bias_can_be_worth_more():
    method = METHODS["magnitude"]
    scores = method.scores(context(), method.settings(bias_worth=3.0))
    np.testing.assert_allclose(scores["conv1/bias"], 3 * np.abs(weights()["conv1/bias"]))
    np.testing.assert_allclose(scores["conv1/kernel"], np.abs(weights()["conv1/kernel"]))


def test_a_filters_norm_is_the_sum_of_its_absolute_weights():
    network = weights()
    kernel = network["conv2/kernel"]
    by_hand = [sum(abs(float(w)) for w in kernel[..., j].ravel()) for j in range(4)]
    np.testing.assert_allclose(filter_norms(network)["conv2"], by_hand, rtol=1e-5)


def test_greedy_norms_ignore_the_inputs_that_are_gone():
    """conv2's filter 0 has the largest norm, but all of it reads conv1's removed channel 3."""
    network = {name: np.zeros_like(value) for name, value in weights().items()}
    network["conv2/kernel"][:, :, 3, 0] = 5.0
    network["conv2/kernel"][:, :, 1, 1] = 1.0
    kept = {"conv1": np.array([0, 1, 2])}
    assert greedy_norms(network, "conv2", kept).tolist() == [0.0, 9.0, 0.0, 0.0]
    assert filter_norms(network)["conv2"].tolist() == [45.0, 9.0, 0.0, 0.0]


def test_greedy_norms_at_the_flatten_boundary_skip_every_row_of_a_channel():
    network = weights()
    kept = {"conv4": np.array([0, 2, 5])}
    rows = np.isin(np.arange(len(network["dense1/kernel"])) % 6, kept["conv4"])
    expected = np.abs(network["dense1/kernel"][rows]).sum(axis=0)
    np.testing.assert_allclose(greedy_norms(network, "dense1", kept), expected, rtol=1e-5)


@pytest.mark.parametrize("scoring", ["independent", "greedy"])
def test_the_l1_filter_removes_the_smallest_filters(scoring):
    method = METHODS["l1_filter"]
    counts = {"conv1": 2, "conv2": 4, "conv3": 6, "conv4": 6, "dense1": 16}
    settings = method.settings(scoring=scoring)
    kept = method.select(context(), settings, Budget(0.1, counts, 0)).kept["conv1"]
    norms = filter_norms(weights())["conv1"]
    assert set(kept) == set(np.argsort(norms)[-2:])


def test_gradients_are_those_of_keras():
    images, labels = data().train.images[:20], data().train.labels[:20]
    found, count = next(batch_gradients(weights(), data().train.take(np.arange(20)), 20, 20, 0))
    assert count == 20
    model = build(SHAPE, (0, 0, 0), 0.0)
    set_weights(model, weights())
    with tf.GradientTape() as tape:
        per_image = tf.keras.losses.sparse_categorical_crossentropy(labels, model(images))
        total = tf.reduce_mean(per_image)
    expected = tape.gradient(total, [v.value for v in model.trainable_variables])
    for (name, value), reference in zip(found.items(), expected, strict=True):
        np.testing.assert_allclose(value, reference.numpy(), atol=2e-6, err_msg=name)


def test_taylor_squares_the_sum_over_a_filter_and_its_bias():
    """Filter 0: 2·3 + 1·(-1) + bias 4·0.5 = 7; 7² = 49. Filter 1: 0."""
    one = {"conv1/kernel": np.array([[2.0, 1.0], [1.0, 0.0]]), "conv1/bias": np.array([4.0, 0.0])}
    slope = {"conv1/kernel": np.array([[3.0, 0.0], [-1.0, 9.0]]), "conv1/bias": np.array([0.5, 7])}
    assert filter_effect(one, slope, "conv1").tolist() == [49.0, 0.0]


def test_snip_predicts_the_loss_without_a_weight_to_first_order():
    method = METHODS["snip"]
    scores = method.scores(context(), method.settings(images=96))
    network = weights()
    index = np.unravel_index(np.argmax(scores["dense2/kernel"]), scores["dense2/kernel"].shape)
    images, labels = data().train.images, data().train.labels
    before = loss(predict(network, SHAPE, images), labels)
    network["dense2/kernel"][index] *= 0.99
    after = loss(predict(network, SHAPE, images), labels)
    assert abs(after - before) == pytest.approx(0.01 * scores["dense2/kernel"][index], rel=0.05)


def woodbury(gradients, damping):
    """Invert δI + Σ g gᵀ / N gradient by gradient, as the paper's equation (6) does."""
    inverse = np.eye(gradients.shape[1]) / damping
    for g in gradients:
        image = inverse @ g
        inverse -= np.outer(image, image) / (len(gradients) + g @ image)
    return inverse


@pytest.mark.parametrize("at_once", [1, 10**9])
def test_woodfisher_is_the_papers_recursion_block_by_block(at_once, monkeypatch):
    """dense2 has 80 entries: five whole blocks of 12 neighbours, the last with four zeros."""
    monkeypatch.setattr(woodfisher, "AT_ONCE", at_once)
    settings = WoodFisher(gradients=40, batch_size=2, block=12, damping=1e-3)
    found = METHODS["woodfisher"].scores(context(), settings)["dense2/kernel"]
    of = batch_gradients(weights(), data().train, 80, 2, context().seed)
    gradients = np.array([g["dense2/kernel"].ravel() for g, _ in of], np.float64)
    value = weights()["dense2/kernel"].ravel()
    expected = [
        abs(value[start + i]) / np.sqrt(inverse[i, i])
        for start in range(0, 80, 12)
        for inverse in [woodbury(gradients[:, start : start + 12], 1e-3)]
        for i in range(len(inverse))
    ]
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-3)


def test_random_scores_depend_on_the_seed_only():
    method = METHODS["random"]
    first = method.scores(context(seed=1), method.settings())
    other = PruningContext({n: v * 2 for n, v in weights().items()}, SHAPE, data(), 1, Silent())
    again = method.scores(other, method.settings())
    assert np.array_equal(first["conv1/kernel"], again["conv1/kernel"])
    assert not np.array_equal(
        first["conv1/kernel"], method.scores(context(seed=2), method.settings())["conv1/kernel"]
    )


def test_regrowth_ends_on_the_sparsity_and_brings_back_the_steepest():
    mask = cut(magnitudes(), 0.95)
    grown = regrow(mask, weights(), 0.9, data(), 0)
    assert grown.zeros == round(0.9 * SHAPE.parameters)
    gradient, _ = next(batch_gradients(mask.apply(weights()), data().train, 512, 512, 0))
    for name, kept in grown.arrays.items():
        assert kept[mask.arrays[name]].all()
        back, gone = kept & ~mask.arrays[name], ~kept
        if back.any() and gone.any():
            slope = np.abs(gradient[name])
            assert slope[back].min() >= slope[gone].max()


def test_regrowth_exchanges_nothing_where_nothing_is_removed():
    """Without batch normalisation biases went for an epoch, never grew back, and some stayed 0."""
    plan = PrunePlan(method="snip", sparsity=0.0, gradient_regrowth=0.3, **PLAIN)
    dense = {name: value + np.float32(1e-3) for name, value in weights().items()}
    mask = Cutter(data(), plan, 1).mask_at(ramp_over(40, 0.5, 0.0), 0, dense)
    assert all(np.all(kept) for kept in mask.values())


def test_snip_counts_every_image_once_whatever_batch_it_came_in():
    """530 images are one batch of 512 and one of 18."""
    many = replace(data(), train=split(530, 3))
    method = METHODS["snip"]
    found = method.scores(PruningContext(weights(), SHAPE, many, 1, Silent()), method.settings())
    gradient, count = next(batch_gradients(weights(), many.train, 530, 530, 1))
    assert count == 530
    for name, value in weights().items():
        np.testing.assert_allclose(found[name], np.abs(gradient[name] * value), atol=1e-6)


PLAIN = {"connected": False, "dense_unit_pruning": False, "batch_normalisation": False}


@pytest.mark.parametrize("sparsity", [0.5, 0.8, 0.95])
def test_shuffled_takes_as_many_weights_of_each_layer_as_magnitude_but_others(sparsity):
    plans = (
        PrunePlan(method=name, sparsity=sparsity, **PLAIN) for name in ("magnitude", "shuffled")
    )
    masks = [Cutter(data(), plan, 1).mask(weights(), sparsity)[0] for plan in plans]
    assert masks[0].densities() == masks[1].densities()
    assert not masks[0].same_as(masks[1])


def test_shuffled_keeps_magnitudes_counts_while_weights_change():
    """In a gradual schedule the weights move on; the scores stay those of the dense network."""
    later = {name: value * np.float32(3) + np.float32(1) for name, value in weights().items()}
    plan = PrunePlan(method="shuffled", sparsity=0.8, **PLAIN)
    first = Cutter(data(), plan, 1).mask(weights(), 0.8)[0]
    assert Cutter(data(), plan, 1, dense=weights()).mask(later, 0.8)[0].same_as(first)
