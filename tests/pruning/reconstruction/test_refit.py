"""Least-squares reconstruction: nearer to the dense network, and never a revived zero."""

import numpy as np
import pytest

from core.networks.network import LAYERS
from core.pruning.activations import every_image, read_rows
from core.pruning.masks.dead_units import channel_mask
from core.pruning.reconstruction import refit
from core.pruning.reconstruction.least_squares import Moments, with_constant
from tests.numpy_forward import probabilities
from tests.pruning import tiny

pytestmark = pytest.mark.slow  # TensorFlow

KEPT = {
    "conv1": np.array([0, 2, 3]),
    "conv2": np.array([0, 1, 3]),
    "conv3": np.array([1, 2, 4, 5]),
    "conv4": np.array([0, 1, 2, 5]),
    "dense1": np.arange(10),
}


def small_weights_mask(share: float = 0.4) -> dict[str, np.ndarray]:
    """Remove the smallest share of every parameter."""
    return {
        name: np.abs(value) > np.quantile(np.abs(value), share)
        for name, value in tiny.weights().items()
    }


def cut(mask):
    return {n: np.where(mask[n], v, np.float32(0)) for n, v in tiny.weights().items()}


MASKS = {"weights": small_weights_mask(), "channels": channel_mask(KEPT, tiny.SHAPE).arrays}


def fast(pruned, mask):
    dense, images = tiny.weights(), tiny.data().train.images
    measured = refit.measure(dense, tiny.SHAPE, images, 0, rows=2000)
    return refit.reconstruct(pruned, mask, measured, iterations=50)


def sequential(pruned, mask):
    images = tiny.data().train.images
    return refit.reconstruct_in_sequence(
        tiny.weights(), pruned, mask, tiny.SHAPE, images, 0, rows=2000
    )


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("reconstruct", [fast, sequential])
def test_removed_entries_stay_exactly_zero(kind, reconstruct):
    mask = MASKS[kind]
    reconstructed = reconstruct(cut(mask), mask)
    for name, value in reconstructed.items():
        assert not value[~mask[name]].any()
        assert value.dtype == np.float32
        assert value.shape == tiny.weights()[name].shape


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("reconstruct", [fast, sequential])
def test_the_answers_come_nearer_to_the_dense_networks_on_unseen_images(kind, reconstruct):
    mask, images = MASKS[kind], tiny.data().holdout.images
    wanted = probabilities(tiny.weights(), images)
    before = np.abs(probabilities(cut(mask), images) - wanted).mean()
    after = np.abs(probabilities(reconstruct(cut(mask), mask), images) - wanted).mean()
    assert after < 0.9 * before


def test_a_mask_that_removes_nothing_changes_nothing():
    everything = {name: np.ones(value.shape, bool) for name, value in tiny.weights().items()}
    for reconstruct in (fast, sequential):
        for name, value in reconstruct(tiny.weights(), everything).items():
            np.testing.assert_allclose(value, tiny.weights()[name], atol=1e-3)


def test_the_last_layer_is_each_units_own_ridge_regression():
    dense, images = tiny.weights(), tiny.data().train.images
    mask = {name: np.ones(value.shape, bool) for name, value in dense.items()}
    mask["dense2/kernel"] = np.random.default_rng(0).random((16, 5)) < 0.5
    single = refit.measure(dense, tiny.SHAPE, images, 0).layers
    measured = refit.DenseMoments(
        {n: Moments(of.gram.astype(float), of.target.astype(float)) for n, of in single.items()}
    )
    got = refit.reconstruct(cut(mask), mask, measured, ridge=0.01, iterations=200)
    x = with_constant(read_rows(dense, images, "dense2", every_image(96))).astype(np.float64)
    y = x[:, :-1] @ dense["dense2/kernel"] + dense["dense2/bias"]
    read = np.append(mask["dense2/kernel"].any(axis=1), True)  # inputs that some unit still reads
    strength = 0.01 * np.square(x[:, read]).sum(axis=1).mean() / read.sum()
    for unit in range(5):
        own = np.append(np.flatnonzero(mask["dense2/kernel"][:, unit]), 16)
        old = np.append(dense["dense2/kernel"][:, unit], dense["dense2/bias"][unit])[own]
        a = np.concatenate([x[:, own] / np.sqrt(96), np.sqrt(strength) * np.eye(len(own))])
        b = np.concatenate([y[:, unit] / np.sqrt(96), np.sqrt(strength) * old])
        wanted = np.linalg.lstsq(a, b, rcond=None)[0]
        np.testing.assert_allclose(got["dense2/kernel"][own[:-1], unit], wanted[:-1], atol=1e-4)
        np.testing.assert_allclose(got["dense2/bias"][unit], wanted[-1], atol=1e-4)


def test_the_inputs_are_not_changed():
    mask = MASKS["weights"]
    pruned = cut(mask)
    fast(pruned, mask)
    sequential(pruned, mask)
    for name, value in cut(mask).items():
        np.testing.assert_array_equal(pruned[name], value)


def test_a_layer_without_any_kept_entry_stays_zero():
    mask = {name: np.ones(value.shape, bool) for name, value in tiny.weights().items()}
    mask["dense1/kernel"][:], mask["dense1/bias"][:] = False, False
    reconstructed = fast(cut(mask), mask)
    assert not reconstructed["dense1/kernel"].any()
    assert all(np.isfinite(reconstructed[f"{layer}/kernel"]).all() for layer in LAYERS)
