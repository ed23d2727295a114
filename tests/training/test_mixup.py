from dataclasses import replace

import numpy as np
import pytest

from core.data.dataset import Split
from core.networks.network import initial_weights
from core.training.architecture import PLAIN
from core.training.batches import Batches, mixed, one_hot
from core.training.recipe import Recipe
from core.training.step import Step
from tests.training.tiny import SHAPE, split

IMAGES = np.arange(4 * 3, dtype=np.float32).reshape(4, 3, 1, 1)
LABELS = np.array([0, 1, 2, 0])


def test_labels_are_blended_with_the_share_that_images_are():
    """The share is told from the image 0..2: blended with image j it is s * i + (1 - s) * j."""
    targets = one_hot(LABELS, 3)
    images, shares = mixed(IMAGES, targets, 1.0, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    share, others = rng.beta(1.0, 1.0), rng.permutation(4)
    for row, other in enumerate(others):
        expected = np.zeros(3)
        expected[LABELS[row]] += share
        expected[LABELS[other]] += 1 - share
        assert shares[row] == pytest.approx(expected, abs=1e-6)
        assert images[row, 0, 0, 0] == pytest.approx(3 * (share * row + (1 - share) * other))
    assert shares.sum(axis=1) == pytest.approx(np.ones(4))
    assert images.dtype == shares.dtype == np.float32


def test_the_share_follows_the_beta_distribution():
    """Beta(a, a) has the mean 1/2 and the variance 1 / (4 (2 a + 1)): 1/5.6 at a = 0.2."""
    rng = np.random.default_rng(1)
    two = np.array([[[[0.0]]], [[[1.0]]]], np.float32)
    drawn = []
    for _ in range(3000):
        images, _ = mixed(two, one_hot(np.array([0, 1]), 2), 0.2, rng)
        if images[0] != two[0]:  # blended with the other one: its share is its value
            drawn.append(1 - float(images[0, 0, 0, 0]))
    assert np.mean(drawn) == pytest.approx(0.5, abs=0.04)
    assert np.var(drawn) == pytest.approx(1 / 5.6, abs=0.02)


def test_blends_depend_on_seed_and_epoch_and_leave_order_and_augmentation_as_they_are():
    data = Split(np.repeat(IMAGES, 2, axis=1), LABELS)
    plain = Batches(data, Recipe(batch_size=4), 1, 3)
    blended = replace(plain, recipe=Recipe(batch_size=4, mixup=0.5))
    [(first, shares)], [(again, _)] = blended.epoch(2), blended.epoch(2)
    assert np.array_equal(first, again)
    [(other, _)] = blended.epoch(3)
    assert not np.array_equal(first, other)
    [(images, labels)] = plain.epoch(2)
    assert first.mean() == pytest.approx(images.mean())
    assert shares.sum(axis=0) == pytest.approx(one_hot(labels, 3).sum(axis=0))


@pytest.mark.slow
def test_a_blended_batch_costs_what_its_two_labels_cost():
    """-log p of both labels, weighted by their shares, then smoothed by 0.3."""
    recipe = Recipe(mixup=0.2, l2=0.0, label_smoothing=0.3).with_dropout((0.0, 0.0, 0.0))
    blank = {n: np.zeros_like(a) for n, a in initial_weights(SHAPE, 1).items()}
    blank["dense2/bias"][:] = np.log([0.7, 0.2, 0.1])
    step = Step(PLAIN, SHAPE, recipe)
    step.start(blank)
    shares = np.array([[0.75, 0.25, 0.0], [0.0, 0.4, 0.6]], np.float32)
    found, correct = step(split(2, 1).images, shares, np.float32(0.01), 0)
    smoothed = shares * 0.7 + 0.1
    expected = -(smoothed * np.log([0.7, 0.2, 0.1])).sum(axis=1).mean()
    assert found == pytest.approx(expected, rel=1e-5)
    assert correct == 1  # class 0 is chosen for both; the second image is mostly class 2
