"""Cutting in steps, each re-fitted: exact, remembered, and nearer to the dense network."""

from dataclasses import replace

import numpy as np
import pytest

from core.data.builtin_datasets import load_any
from core.evaluation.cost import sparsity
from core.networks.network import initial_weights
from core.networks.prepare import prepare
from core.progress import Silent
from core.pruning.plan import PrunePlan
from core.pruning.prune import prune
from core.pruning.reconstruction.refit import fit_last_layer, last_outputs, measure, reconstruct
from core.pruning.reconstruction.stepwise import STAYS, StepwiseCut
from core.pruning.unstructured import Cutter
from core.training.recipe import FAST
from core.training.train import train
from core.workspace import Workspace
from tests.pruning import tiny

pytestmark = pytest.mark.slow  # TensorFlow

DATA = tiny.data(480)
CUTTER = Cutter(DATA, PrunePlan(epochs=0), 0)


@pytest.fixture(scope="module")
def dense():
    """Return a network that has learnt its task: fits to noise would prove nothing."""
    plan = PrunePlan(sparsity=0.0, epochs=16, batch_normalisation=False, learning_rate=5e-3)
    return prune(tiny.weights(), DATA, plan, 0, Silent()).weights


@pytest.fixture(scope="module")
def measured(dense):
    return measure(dense, tiny.SHAPE, DATA.train.images, 0, rows=2000)


@pytest.mark.parametrize("wanted", [0.0, 0.1, 0.25, 0.5, 0.83, 0.9])
def test_every_sparsity_is_exact_and_what_is_gone_stays_zero(dense, measured, wanted):
    stage = StepwiseCut(dense, measured, CUTTER.mask).to(wanted)
    assert stage.mask.sparsity == pytest.approx(wanted, abs=0.5 / stage.mask.size)
    assert sparsity(stage.weights) >= stage.mask.sparsity
    for name, kept in stage.mask.arrays.items():
        assert not stage.weights[name][~kept].any()


def test_steps_are_kept_so_that_another_sparsity_costs_one_more(dense, measured):
    asked = []

    def cut(weights, wanted):
        asked.append(round(wanted, 4))
        return CUTTER.mask(weights, wanted)

    path = StepwiseCut(dense, measured, cut)
    path.to(0.5)
    assert asked == [0.25, round(1 - STAYS**2, 4), 0.5]
    first = path.to(0.4)
    assert asked[3:] == [0.4]
    path.to(0.3)
    assert asked[4:] == [0.3]
    again = StepwiseCut(dense, measured, CUTTER.mask).to(0.4)
    assert all(np.array_equal(first.weights[n], again.weights[n]) for n in first.weights)


def test_what_was_gone_in_a_step_is_gone_in_the_next(dense, measured):
    path = StepwiseCut(dense, measured, CUTTER.mask)
    fewer, more = path.to(1 - STAYS**2), path.to(1 - STAYS**3)
    for name, kept in fewer.mask.arrays.items():
        assert not (more.mask.arrays[name] & ~kept).any()


@pytest.fixture(scope="module")
def garments(tmp_path_factory):
    """Return photographs and a network that has seen them twice.

    Not the tiny task above: there one cut and one fit win as often as they lose.
    """
    data = prepare(load_any("garments", Workspace(tmp_path_factory.mktemp("garments"))))
    data = replace(data, train=data.train.take(np.arange(1920)))
    recipe = replace(FAST, epochs=2)
    shape = data.shape
    return data, train(initial_weights(shape, 0), shape, data, recipe, 0, Silent()).weights


@pytest.mark.parametrize("wanted", [0.8, 0.95])
def test_steps_leave_more_of_a_network_than_one_cut_and_one_fit(garments, wanted):
    """And the last layer's own fit leaves more still."""
    data, dense = garments
    images, cutter = data.train.images, Cutter(data, PrunePlan(epochs=0), 0)
    measured = measure(dense, data.shape, images, 0, rows=1000)
    mask, _ = cutter.mask(dense, wanted)
    at_once = reconstruct(mask.apply(dense), mask.arrays, measured)
    stage = StepwiseCut(dense, measured, cutter.mask).to(wanted)
    outputs = last_outputs(dense, images)
    with_last = fit_last_layer(outputs, stage.weights, stage.mask.arrays, images)
    once, steps, last = (
        np.square(outputs - last_outputs(each, images)).mean()
        for each in (at_once, stage.weights, with_last)
    )
    assert last < 0.8 * steps < 0.8 * 0.6 * once


@pytest.mark.parametrize("layer", ["conv1", "conv3", "dense1"])
def test_a_silent_layer_leaves_finite_weights(dense, layer):
    """All that the next layer reads is zero: there is nothing to fit to."""
    silent = {**dense, f"{layer}/bias": np.full_like(dense[f"{layer}/bias"], -50)}
    moments = measure(silent, tiny.SHAPE, DATA.train.images, 0, rows=500)
    wanted = last_outputs(silent, DATA.train.images)
    for share in (0.0, 0.5, 0.95):
        stage = StepwiseCut(silent, moments, CUTTER.mask).to(share)
        found = fit_last_layer(wanted, stage.weights, stage.mask.arrays, DATA.train.images)
        assert all(np.isfinite(value).all() for value in found.values())


def test_zeros_of_a_sparse_network_stay_zeros(dense, measured):
    sparse = CUTTER.mask(dense, 0.9)[0].apply(dense)
    stage = StepwiseCut(sparse, measured, CUTTER.mask).to(0.3)
    assert sparsity(stage.weights) >= sparsity(sparse) > 0.89
