from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from core.data.dataset import Split
from core.errors import SettingsError, WeightsError
from core.evaluation.accuracy import predict
from core.networks.compact import compact_shape
from core.networks.network import NetworkShape, initial_weights
from core.networks.topology import CHANNEL_LAYERS
from core.progress import Silent, Stopped
from core.pruning.batchnorm_retraining import plain_mask
from core.pruning.prune import PrunePlan, prune
from core.pruning.structured import Small
from core.pruning.unstructured import Cutter
from core.training.temporary_batchnorm import fold
from tests.pruning.tiny import SHAPE, StopsAfter, data, split, weights

pytestmark = pytest.mark.slow  # TensorFlow

PLAIN = PrunePlan(sparsity=0.9, epochs=2, batch_size=32, batch_normalisation=False)
CHANNELS = replace(PLAIN, method="l1_filter", sparsity=0.7)
PLANS = {
    "gradual": replace(PLAIN, epochs=3),
    "one shot": replace(PLAIN, schedule="one_shot"),
    "iterative": replace(PLAIN, schedule="iterative", rounds=2),
    "regrowth": replace(PLAIN, gradient_regrowth=0.3),
    "averaged": replace(PLAIN, averaging=0.9),
    "batch-normalised": replace(PLAIN, batch_normalisation=True),
    "averaged at the end": replace(PLAIN, swa=0.5, batch_normalisation=True),
    "alternating": replace(PLAIN, epochs=3, schedule="alternating", ramp=0.7, rounds=2),
    "batch-normalised by turns": replace(
        PLAIN, epochs=3, schedule="alternating", ramp=0.7, rounds=1, batch_normalisation=True
    ),
    "sensitivity": replace(PLAIN, epochs=1, allocation="sensitivity"),
    "channels": CHANNELS,
    "batch-normalised channels": replace(CHANNELS, batch_normalisation=True),
    "channels in rounds": replace(CHANNELS, method="taylor", schedule="iterative", rounds=2),
}


def run(plan, progress=None, seed=3):
    return prune(weights(), data(), plan, seed, progress or Silent())


def same(first, second):
    return all(np.array_equal(first.weights[name], second.weights[name]) for name in first.weights)


@lru_cache(maxsize=16)
def finished(name):
    """Return the undisturbed run of a plan and how often it saved."""
    progress = Counts()
    return run(PLANS[name], progress), progress.saves


class Counts(Silent):
    """A Progress that counts the saves."""

    saves = 0

    def save(self, state):
        super().save(state)
        self.saves += 1


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_a_run_interrupted_anywhere_resumes_bit_exactly(name, share):
    whole, saves = finished(name)
    stopped = StopsAfter(1 + int(share * (saves - 1)))
    with pytest.raises(Stopped):
        run(PLANS[name], stopped)
    resumed_from = Silent()
    resumed_from.state = stopped.state
    resumed = run(PLANS[name], resumed_from)
    assert same(resumed, whole)
    assert np.array_equal(resumed.history.values, whole.history.values)


@pytest.mark.parametrize("name", PLANS)
def test_masked_entries_stay_exactly_zero_through_training(name):
    """Masking the gradient alone would let Adam's momentum revive them."""
    result = finished(name)[0]
    for parameter, kept in result.mask.arrays.items():
        assert not result.weights[parameter][~kept].any()


@pytest.mark.parametrize(
    "name",
    ["gradual", "one shot", "iterative", "regrowth", "averaged", "batch-normalised",
     "alternating", "batch-normalised by turns"],
)  # fmt: skip
def test_an_unstructured_run_ends_exactly_on_its_target(name):
    result = finished(name)[0]
    assert result.mask.zeros == round(0.9 * SHAPE.parameters)
    assert result.sparsity == result.mask.sparsity


@pytest.mark.parametrize("is_normalised", [False, True])
def test_decompressed_phases_bring_removed_weights_back_and_compressed_ones_meet_the_target(
    is_normalised,
):
    """9 steps of 32 images, 6 of them alternating: compressed 0-2, dense 3-5, compressed from 6."""
    plan = replace(
        PLAIN, epochs=3, schedule="alternating", ramp=0.7, rounds=1,
        batch_normalisation=is_normalised,
    )  # fmt: skip
    seen, masks = {}, {}
    original = Cutter.turn_at

    def looked_at(self, phases, step, values):
        seen[step] = fold(values) if is_normalised else dict(values)
        masks[step] = original(self, phases, step, values)
        return masks[step]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cutter, "turn_at", looked_at)
        result = run(plan)
    assert list(masks) == [0, 3, 6]
    assert all(np.all(mask) for mask in masks[3].values())
    removed = {step: plain_mask(masks[step]) if is_normalised else masks[step] for step in (0, 6)}
    for step, mask in removed.items():
        zeros = sum(int((~kept).sum()) for kept in mask.values())
        assert zeros == round(0.9 * SHAPE.parameters), step
    back = ~removed[0]["dense1/kernel"].astype(bool) & (seen[6]["dense1/kernel"] != 0)
    assert not (seen[3]["dense1/kernel"] != 0)[back].any()
    assert back.sum() > 50
    assert result.sparsity == result.mask.sparsity


@pytest.mark.parametrize("name", ["gradual", "channels"])
def test_training_changes_the_weights_that_are_kept(name):
    result = finished(name)[0]
    kernel, kept = result.weights["conv1/kernel"], result.mask.arrays["conv1/kernel"]
    assert (kernel[kept] != weights()["conv1/kernel"][kept]).any()


@pytest.mark.parametrize("name", ["channels", "channels in rounds"])
def test_the_small_network_and_the_full_layout_answer_alike(name):
    result = finished(name)[0]
    images = split(20, 9).images
    small = predict(result.small, compact_shape(SHAPE, result.kept), images)
    np.testing.assert_allclose(small, predict(result.weights, SHAPE, images), atol=1e-5)


def test_biases_and_the_next_layers_slices_count_as_zeros():
    result = finished("channels")[0]
    dead = np.setdiff1d(np.arange(SHAPE.units["conv4"]), result.kept["conv4"])
    rows = np.arange(SHAPE.positions * 6)
    assert len(dead)
    assert not result.weights["conv4/bias"][dead].any()
    assert not result.weights["dense1/kernel"][np.isin(rows % 6, dead)].any()


def test_the_history_has_a_row_for_every_epoch():
    assert len(finished("iterative")[0].history) == 2
    assert finished("iterative")[0].epochs == 2


@pytest.mark.parametrize(
    ("plan", "off"),
    [
        (PLANS["gradual"], 0.5),
        (replace(PLANS["batch-normalised by turns"], swa=0.2), 0.5),
        (CHANNELS, 65),
    ],
    ids=["weights", "by turns and averaged", "channels"],
)
def test_by_the_clock_the_ramp_and_the_step_size_end_with_the_time(plan, off):
    timed = replace(plan, epochs=200, seconds=2.0)
    result = run(timed)
    assert result.epochs == len(result.history)
    assert 1 < result.epochs < 200
    assert abs(result.mask.zeros - plan.sparsity * SHAPE.parameters) <= off


def test_a_run_by_the_clock_goes_on_after_a_stop_with_the_time_it_has_left():
    timed = replace(PLANS["gradual"], epochs=200, seconds=2.0)
    with pytest.raises(Stopped):
        run(timed, first := StopsAfter(3))
    again = Silent()
    again.state = first.state
    result = run(timed, again)
    assert result.mask.zeros == round(0.9 * SHAPE.parameters)
    assert 1 < result.epochs < 200


def test_kernels_of_a_sparse_network_do_not_grow_back():
    sparse = prune(weights(), data(), replace(PLAIN, epochs=0, sparsity=0.8), 3, Silent()).weights
    bold = replace(PLANS["batch-normalised"], epochs=4, learning_rate=0.05)
    found = prune(sparse, data(), bold, 3, Silent()).weights
    for name in (each for each in found if each.endswith("kernel")):
        assert not found[name][sparse[name] == 0].any(), name


def test_without_epochs_nothing_is_trained():
    result = run(PrunePlan(sparsity=0.5, epochs=0))
    kept = result.mask.arrays["conv2/kernel"]
    assert np.array_equal(result.weights["conv2/kernel"][kept], weights()["conv2/kernel"][kept])
    assert len(result.history) == 0


def test_reconstruction_that_a_gradual_plan_cannot_use_is_said():
    said = "Least-squares reconstruction is without effect"
    for name, asked, is_said in (
        ("gradual", True, True),
        ("gradual", False, False),
        ("one shot", True, False),
    ):
        notes = run(replace(PLANS[name], reconstruction=asked)).notes
        assert any(note.startswith(said) for note in notes) == is_said, (name, asked)


@pytest.mark.parametrize("method", ["magnitude", "l1_filter"])
def test_reconstruction_brings_the_answers_nearer_to_the_dense_networks(method):
    images = data().train.images
    dense = predict(weights(), SHAPE, images)
    plan = PrunePlan(method=method, sparsity=0.5, epochs=0)
    cut, reconstructed = run(plan), run(replace(plan, reconstruction=True))
    assert reconstructed.mask.same_as(cut.mask)
    error = [np.abs(predict(r.weights, SHAPE, images) - dense).mean() for r in (cut, reconstructed)]
    assert error[1] < error[0]


@pytest.mark.parametrize("method", ["magnitude", "l1_filter", "taylor"])
def test_other_image_sizes_colours_and_classes_work_as_well(method):
    shape = NetworkShape((11, 17, 1), 3, (2, 3, 4, 5, 8))
    rng = np.random.default_rng(0)

    def images(count):
        pixels = rng.random((count, *shape.input_shape)).astype(np.float32)
        return Split(pixels, np.arange(count) % 3)

    other = replace(data(), shape=shape, train=images(24), validation=images(9), holdout=images(9))
    plan = PrunePlan(method=method, sparsity=0.5, epochs=1, batch_size=8)
    result = prune(initial_weights(shape, 0), other, plan, 0, Silent())
    assert result.mask.sparsity == pytest.approx(0.5, abs=0.06)
    assert all(not result.weights[n][~kept].any() for n, kept in result.mask.arrays.items())


def test_weights_of_another_network_are_refused():
    with pytest.raises(WeightsError, match="conv1/kernel has the shape"):
        prune(
            weights() | {"conv1/kernel": np.zeros((3, 3, 3, 7), np.float32)},
            data(), PrunePlan(), 0, Silent(),
        )  # fmt: skip


def test_a_sparsity_no_channel_can_reach_is_refused_with_what_can_be_reached():
    with pytest.raises(SettingsError, match=r"Choose at most 94\.3716%"):
        run(PrunePlan(method="l1_filter", sparsity=0.999, epochs=0))


@pytest.mark.parametrize("schedule", ["one_shot", "iterative", "gradual"])
def test_a_network_without_biases_keeps_its_units(schedule):
    """Every bias of an untrained network is zero, which does not mean that it was removed."""
    plan = replace(PLAIN, schedule=schedule, rounds=2, sparsity=0.5, batch_normalisation=True)
    result = prune(initial_weights(SHAPE, 0), data(), plan, 3, Silent())
    assert result.sparsity == result.mask.sparsity
    assert result.mask.zeros == round(0.5 * SHAPE.parameters)
    assert np.ptp(predict(result.weights, SHAPE, split(20, 9).images), axis=0).max() > 1e-3


def test_rounds_read_the_sensitivity_in_shares_of_the_whole_layer():
    """conv3 costs nothing up to half of its channels and everything beyond."""
    free, dear = np.array([0.0, 0.5, 0.51, 1.0]), np.array([0.0, 0.0, 1.0, 1.0])
    table = dict.fromkeys(CHANNEL_LAYERS, (free, dear))
    kept = {layer: np.arange(SHAPE.units[layer]) for layer in CHANNEL_LAYERS}
    half = Small(weights(), {**kept, "conv3": np.arange(3)}, SHAPE)
    left = half.left_of(table)
    assert left["conv1"][0] == pytest.approx(free)
    assert np.interp(0.01, *left["conv3"]) == pytest.approx(0.5)  # .505 of the whole layer
    assert np.interp(0.03, *left["conv3"]) == 1.0


@pytest.mark.parametrize(("epochs", "layer_epochs"), [(1, 0.2), (2, 0.2), (6, 0.3), (6, 2.0)])
def test_fine_tunes_between_layers_leave_whole_epochs(epochs, layer_epochs):
    plan = PrunePlan("thinet", 0.7, epochs=epochs, settings={"layer_epochs": layer_epochs})
    result = prune(weights(), data(), plan, 3, Silent())
    assert result.epochs == epochs
    assert len(result.history) >= epochs / 2


def test_a_layer_down_to_its_last_unit_is_told():
    result = run(replace(PLAIN, method="l1_filter", sparsity=0.93, epochs=0))
    layers = [layer for layer, kept in result.kept.items() if len(kept) == 1]
    assert layers
    assert f"Layer-collapse guard: one unit is left in {', '.join(layers)}." in result.notes


def test_normalisation_needs_two_images_a_step():
    with pytest.raises(SettingsError, match="Choose a batch size from 2"):
        replace(PLAIN, batch_normalisation=True, batch_size=1)
    assert replace(PLAIN, batch_size=1).batch_size == 1
