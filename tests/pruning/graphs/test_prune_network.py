"""Every method of the table on networks of every family: exact zeros, small equals full."""

from functools import lru_cache

import numpy as np
import pytest

from core.errors import SettingsError
from core.evaluation.accuracy import predict
from core.evaluation.cost import sparsity, zeros
from core.progress import Silent, Stopped
from core.pruning.graphs.prune_network import prune_network
from core.pruning.graphs.single_weights import WeightCutter
from core.pruning.methods import METHODS
from core.pruning.plan import PrunePlan
from tests.pruning.graphs.tiny import NETWORKS, data, weights
from tests.pruning.tiny import StopsAfter

pytestmark = pytest.mark.slow  # TensorFlow
UNSTRUCTURED = [name for name, method in METHODS.items() if not method.structured]
STRUCTURED = [name for name, method in METHODS.items() if method.structured]


@lru_cache(maxsize=64)
def pruned(method, network, share=0.5, epochs=0):
    plan = PrunePlan(method=method, sparsity=share, epochs=epochs, batch_size=16)
    return prune_network(weights(network), data(network), plan, 1, Silent())


def epochs_of(method):
    return 2 if METHODS[method].trains else 0


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("method", UNSTRUCTURED)
def test_single_weights_are_removed_to_one(method, network):
    found = pruned(method, network, 0.6)
    assert zeros(found.weights) == round(0.6 * NETWORKS[network].parameters)
    kernels = NETWORKS[network].kernel_uses
    assert all(found.weights[name].any() for name in kernels)  # no layer dies


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("method", STRUCTURED)
def test_the_small_network_predicts_as_the_full_one_with_zeros(method, network):
    found = pruned(method, network, 0.4, epochs_of(method))
    small, arrays = found.small
    images = data(network).holdout.images
    full = predict(found.weights, NETWORKS[network], images)
    np.testing.assert_allclose(predict(arrays, small, images), full, atol=2e-5)
    gone = NETWORKS[network].parameters - small.parameters
    assert zeros(found.weights) >= gone
    assert abs(gone / NETWORKS[network].parameters - 0.4) < 0.12  # one unit of these is 10%
    assert "reach a sparsity of" in found.notes[-1]


@pytest.mark.parametrize(("method", "network"), [("magnitude", "residual"), ("snip", "plain")])
def test_gradual_pruning_ends_with_exact_zeros(method, network):
    found = pruned(method, network, 0.7, 2)
    assert len(found.history) == 2
    kernels = {name: found.weights[name] for name in NETWORKS[network].kernel_uses}
    removed = round(0.7 * NETWORKS[network].parameters)
    assert zeros(kernels) == removed
    assert zeros(found.weights) >= removed


def test_zeros_that_are_in_no_kernel_count_where_nothing_trains():
    dense = weights("residual")
    dense |= {name: np.zeros_like(dense[name]) for name in ("stem_bn/beta", "head/bias")}
    plan = PrunePlan(sparsity=0.6, epochs=0)
    found = prune_network(dense, data("residual"), plan, 1, Silent())
    assert zeros(found.weights) == round(0.6 * NETWORKS["residual"].parameters)


def test_what_is_zero_already_is_not_set_free_by_the_ramps_first_step():
    dense = pruned("magnitude", "plain", 0.5).weights
    plan = PrunePlan(sparsity=0.7, epochs=4, batch_size=16, batch_normalisation=False)
    schedule = WeightCutter(data("plain"), plan, 1, dense).schedule(4, dense)
    for name, mask in schedule.mask(0, dense).items():
        assert not mask[dense[name] == 0].any(), name


@pytest.mark.parametrize("method", ["magnitude", "l1_filter"])
def test_by_the_clock_the_epochs_are_those_that_were_done(method):
    plan = PrunePlan(method=method, sparsity=0.4, epochs=200, batch_size=16, seconds=1.0)
    found = prune_network(weights("plain"), data("plain"), plan, 1, Silent())
    assert found.epochs == len(found.history)
    assert 0 < found.epochs < 200


@pytest.mark.parametrize("network", ["residual", "plain"])
def test_alternating_phases_end_with_exact_zeros_in_any_network(network):
    plan = PrunePlan(sparsity=0.7, epochs=3, batch_size=16, schedule="alternating", ramp=0.7)
    found = prune_network(weights(network), data(network), plan, 1, Silent())
    kernels = {name: found.weights[name] for name in NETWORKS[network].kernel_uses}
    assert zeros(kernels) == round(0.7 * NETWORKS[network].parameters)
    assert len(found.history) == 3


def test_units_are_pruned_in_rounds_with_training_between():
    plan = PrunePlan(
        method="taylor", sparsity=0.5, epochs=2, rounds=2, schedule="iterative", batch_size=16
    )
    found = prune_network(weights("residual"), data("residual"), plan, 1, Silent())
    assert len(found.history) == 2
    assert 0.4 < sparsity(found.weights) < 0.6


@pytest.mark.parametrize("method", ["magnitude", "l1_filter"])
def test_a_stopped_run_goes_on_bit_for_bit(method):
    plan = PrunePlan(method=method, sparsity=0.5, epochs=2, batch_size=16)
    progress = StopsAfter(2)
    with pytest.raises(Stopped):
        prune_network(weights("residual"), data("residual"), plan, 1, progress)
    progress.left = 1000
    resumed = prune_network(weights("residual"), data("residual"), plan, 1, progress)
    whole = pruned(method, "residual", 0.5, 2)
    assert all(np.array_equal(resumed.weights[n], whole.weights[n]) for n in whole.weights)


def test_the_notes_say_what_is_kept_whole_and_why():
    found = pruned("l1_filter", "residual", 0.4)
    assert "3 groups of units can be cut" in found.notes[0] or "2 groups" in found.notes[0]
    assert "head has 3 units, all kept: the network's output" in found.notes[0]


def test_a_target_beyond_the_kernels_is_said():
    with pytest.raises(SettingsError, match="Choose at most 86.57"):
        pruned("magnitude", "residual", 0.99)


def test_a_target_beyond_one_unit_each_is_said():
    with pytest.raises(SettingsError, match="one unit of each group leaves"):
        pruned("l1_filter", "perceptron", 0.98)
