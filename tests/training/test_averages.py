from dataclasses import replace

import numpy as np
import pytest

from core.errors import SettingsError
from core.networks.forward import predict_logits
from core.networks.network import initial_weights
from core.progress import Silent
from core.pruning.plan import PrunePlan
from core.training.averages import RunningMean, first_averaged
from core.training.batches import Batches
from core.training.mask_schedule import MaskSchedule
from core.training.recipe import Recipe
from core.training.schedule import learning_rates
from core.training.statistics import renew
from core.training.step import Step
from core.training.temporary_batchnorm import BATCHNORM, fold
from core.training.train import train
from tests.numpy_forward import convolve
from tests.training.tiny import SHAPE, prepared

PLAIN = Recipe(epochs=8, batch_size=16, learning_rate=0.1, schedule="one_cycle", swa=0.25)
WEIGHTS = initial_weights(SHAPE, 1)


def test_the_running_mean_is_the_mean():
    drawn = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    mean = RunningMean()
    for row in drawn:
        mean = mean.plus({"a": row})
    assert mean.mean()["a"] == pytest.approx(drawn.astype(np.float64).mean(axis=0), abs=1e-7)
    again = RunningMean.of_state(mean.state()).plus({"a": drawn[0]})
    assert again.count == 6
    assert np.array_equal(again.values["a"], mean.plus({"a": drawn[0]}).values["a"])


@pytest.mark.parametrize(("swa", "first"), [(0.25, 6), (0.01, 7), (0.9, 1), (0.0, 0)])
def test_whole_epochs_are_averaged_and_at_least_one(swa, first):
    assert first_averaged(replace(PLAIN, swa=swa)) == first


def test_the_step_size_falls_to_its_share_and_stays_there():
    """8 epochs of 10 steps, the last two averaged: one cycle over 60 steps, from .1 to .025."""
    rates = learning_rates(PLAIN, 80)
    assert rates[:15] == pytest.approx(learning_rates(replace(PLAIN, swa=0.0), 60)[:15])
    assert rates.max() == pytest.approx(0.1)
    # Half way down, at (60 - 15) / 2 steps after the peak, it is half way between both.
    assert np.interp(14 + 22.5, np.arange(80), rates) == pytest.approx(0.0625, abs=1e-4)
    assert rates[59:] == pytest.approx(np.full(21, 0.025))


def test_a_cycle_falls_linearly_to_a_hundredth_in_every_epoch():
    """The paper's t(i) = (mod(i - 1, c) + 1) / c; a = (1 - t) a1 + t a2, with a2 = a1 / 100."""
    rates = learning_rates(replace(PLAIN, swa_schedule="cyclic"), 80)[60:]
    step = np.arange(1, 21)
    share = (np.mod(step - 1, 10) + 1) / 10
    assert rates == pytest.approx((1 - share) * 0.025 + share * 0.00025, rel=1e-5)


@pytest.mark.parametrize("schedule", ["constant", "decay"])
def test_a_step_size_that_does_not_fall_stays(schedule):
    rates = learning_rates(replace(PLAIN, schedule=schedule), 80)
    assert rates == pytest.approx(np.full(80, 0.1), rel=1e-4)


def test_two_averages_at_once_are_refused():
    with pytest.raises(SettingsError, match="two averages of the same weights"):
        replace(PLAIN, averaging=0.9)
    with pytest.raises(SettingsError, match="two averages of the same weights"):
        PrunePlan(swa=0.2, averaging=0.9)
    with pytest.raises(SettingsError, match="patience may end the run"):
        replace(PLAIN, patience=2)


class Watched(Silent):
    """Keeps the variables at the end of every epoch."""

    def __init__(self):
        super().__init__()
        self.ends = []

    def save(self, state):
        super().save(state)
        prefix = "step/variable/"
        self.ends.append({n[len(prefix) :]: v for n, v in state.items() if n.startswith(prefix)})


@pytest.mark.slow
def test_the_kept_network_is_the_mean_of_the_last_epochs_on_the_last_mask():
    """4 epochs of 4 steps, half of them averaged; the mask changes in the third: one is left."""
    rng = np.random.default_rng(0)
    masks = [{n: rng.random(a.shape) < 0.5 for n, a in WEIGHTS.items()} for _ in range(2)]
    recipe = replace(PLAIN, epochs=4, swa=0.5, learning_rate=3e-3)
    for last, averaged in ((4, (2, 3)), (12, (3,))):
        mask = MaskSchedule(lambda step, _, at=last: masks[step >= at], 4, last)
        trained = train(
            WEIGHTS, SHAPE, prepared(), recipe, 7, seen := Watched(), mask_schedule=mask
        )
        for name, value in trained.weights.items():
            expected = np.mean([seen.ends[e][name].astype(np.float64) for e in averaged], axis=0)
            assert value == pytest.approx(expected, abs=1e-6)
            assert not value[~masks[1][name]].any()
        assert trained.best_epoch == 4


@pytest.mark.slow
def test_the_means_statistics_are_those_of_the_images_it_was_trained_on():
    """Without dropout and with one batch: folding by them normalises its pre-activations."""
    data = prepared()
    recipe = replace(
        PLAIN, epochs=3, swa=0.7, batch_size=60, batch_normalisation=True, learning_rate=3e-3
    ).with_dropout((0.0, 0.0, 0.0))
    trained = train(WEIGHTS, SHAPE, data, recipe, 7, Silent())
    kernel = trained.variables["conv1/kernel"]
    before = convolve(data.train.images, kernel, np.zeros(kernel.shape[-1]), same=True)
    mean, variance = before.mean(axis=(0, 1, 2)), before.var(axis=(0, 1, 2))
    assert trained.variables["conv1_norm/moving_mean"] == pytest.approx(mean, abs=1e-5)
    assert trained.variables["conv1_norm/moving_variance"] == pytest.approx(variance, rel=1e-3)


@pytest.mark.slow
def test_statistics_of_a_mean_are_renewed_without_touching_what_trains():
    recipe = Recipe(batch_size=20, batch_normalisation=True).with_dropout((0.0, 0.0, 0.0))
    step = Step(BATCHNORM, SHAPE, recipe)
    step.start(BATCHNORM.load(WEIGHTS))
    before = step.state()
    images = [images for images, _ in Batches(prepared().train, recipe, 1).epoch(0)]
    found = step.with_statistics(step.values(), images)
    assert all(np.array_equal(before[name], value) for name, value in step.state().items())
    assert found["conv1_norm/moving_mean"].any()
    answers = predict_logits(fold(found), prepared().validation.images)
    assert np.isfinite(answers).all()


@pytest.mark.slow
def test_statistics_weigh_every_image_alike_also_those_of_a_small_last_batch():
    """130 images in batches of 64: two are left. bn_update of the authors weighs by size too."""
    import keras

    images = np.random.default_rng(0).normal(size=(130, 3)).astype(np.float32)
    images[128:] += 30
    batches = np.split(images, [64, 128])
    layer = keras.layers.BatchNormalization()
    renew(keras.Sequential([keras.Input((3,)), layer]), batches)
    assert np.asarray(layer.moving_mean) == pytest.approx(images.mean(axis=0), abs=1e-4)
    within = np.average([part.var(axis=0) for part in batches], axis=0, weights=[64, 64, 2])
    assert np.asarray(layer.moving_variance) == pytest.approx(within, rel=1e-3)
