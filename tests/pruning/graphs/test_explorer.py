"""The instant explorer and the layers' sensitivity, on networks of every family."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import SettingsError
from core.evaluation.accuracy import accuracy, predict
from core.evaluation.cost import sparsity
from core.networks.groups.unit_groups import unit_groups
from core.progress import Silent
from core.pruning.graphs.explorer import NetworkExplorer, images_for
from core.pruning.graphs.prune_network import prune_network
from core.pruning.graphs.sensitivity import UNPRUNED, analyse_network, network_sensitivity
from core.pruning.graphs.units import living_network
from core.pruning.methods import METHODS
from core.pruning.plan import PrunePlan
from core.pruning.preview.explorer import PROBES
from core.pruning.preview.sensitivity import LEVELS
from tests.pruning.graphs.tiny import NETWORKS, data, residual, weights

pytestmark = pytest.mark.slow  # TensorFlow
INSTANT = [name for name, method in METHODS.items() if not method.trains]


@pytest.fixture(scope="module")
def explorers():
    return {name: NetworkExplorer(weights(name), data(name)) for name in NETWORKS}


@pytest.mark.parametrize("method", INSTANT)
@pytest.mark.parametrize("name", ["residual", "perceptron"])
def test_an_answer_is_the_cut_that_a_run_without_training_makes(explorers, name, method):
    plan = PrunePlan(method=method, sparsity=0.4, epochs=0)
    answer = explorers[name].answer(plan)
    pruned = prune_network(weights(name), data(name), plan, 0, Silent())
    assert {n: a.tolist() for n, a in answer.weights.items()} == {
        n: a.tolist() for n, a in pruned.weights.items()
    }
    labels = data(name).validation.labels
    found = predict(pruned.weights, NETWORKS[name], data(name).validation.images)
    assert answer.accuracy == accuracy(found, labels)
    zeros = sum(int((array == 0).sum()) for array in answer.weights.values())
    assert answer.sparsity == zeros / NETWORKS[name].parameters


@pytest.mark.parametrize("method", ["l1_filter", "thinet", "regression"])
def test_every_slider_of_units_moves_something(explorers, method):
    """Groups that ThiNet and LASSO leave alone have none."""
    plan = PrunePlan(method=method, sparsity=0.4, epochs=0)
    explorer = explorers["residual"]
    whole = explorer.answer(plan, per_layer={}).sparsity
    for group in explorer.cuts(plan):
        assert explorer.answer(plan, per_layer={group: 0.7}).sparsity > whole, group


@pytest.mark.parametrize("name", list(NETWORKS))
def test_images_fall_by_cuts_of_the_networks_own_kernels(explorers, name):
    falls, labels = explorers[name].falls, explorers[name].split.labels
    assert falls.shape == labels.shape
    first = explorers[name].answer(PrunePlan(sparsity=PROBES[0], epochs=0)).answers.after
    assert ((first.argmax(axis=1) != labels) == (falls == 0)).all()


def test_every_layer_with_a_kernel_is_shown_with_its_zeros_and_units(explorers):
    answer = explorers["residual"].answer(PrunePlan(method="l1_filter", sparsity=0.5, epochs=0))
    assert [view.name for view in answer.layers] == ["stem", "inner", "depthwise", "outer", "head"]
    for view in answer.layers:
        kernel = answer.weights[f"{view.name}/kernel"]
        assert view.zeros >= int((kernel == 0).sum())
        assert view.living <= view.units
    assert answer.result("x.npz").cuts == tuple(g.name for g in unit_groups(residual()).free)


def test_layers_get_a_share_of_their_own(explorers):
    plan = PrunePlan(method="magnitude", epochs=0)
    answer = explorers["plain"].answer(plan, {"conv2": 0.5, "dense1": 0.9999})
    zeros = {n: int((a == 0).sum()) for n, a in answer.weights.items()}
    before = weights("plain")
    assert zeros["conv1/kernel"] == 0
    assert zeros["conv2/kernel"] == before["conv2/kernel"].size // 2
    assert zeros["dense1/kernel"] == before["dense1/kernel"].size - 1  # one always stays
    assert answer.cuts == ("conv1", "conv2", "dense1", "dense2")


def test_groups_get_a_share_of_their_own_and_what_is_tied_goes_too(explorers):
    plan = PrunePlan(method="l1_filter", epochs=0)
    answer = explorers["residual"].answer(plan, {"stem": 0.5})
    living = {view.name: view.living for view in answer.layers}
    assert living["stem"] == living["outer"] == 3  # the sum ties them
    assert living["inner"] == 8


def test_a_reconstructing_method_takes_shares_too(explorers):
    plan = PrunePlan(method="thinet", epochs=0)
    living = {v.name: v.living for v in explorers["plain"].answer(plan, {"conv1": 0.5}).layers}
    assert living["conv1"] == 2


def test_what_has_to_train_first_or_is_made_for_the_reference_says_so(explorers):
    with pytest.raises(SettingsError, match="has to train its factors"):
        explorers["residual"].answer(PrunePlan(method="slimming", epochs=0))
    with pytest.raises(SettingsError, match="made for the reference network"):
        explorers["residual"].answer(PrunePlan(epochs=0), reconstruction=True)


def test_what_a_position_of_the_slider_removes_the_next_one_removes_too(explorers):
    explorer = explorers["plain"]
    first = explorer.answer(PrunePlan(method="snip", sparsity=0.3, epochs=0))
    second = explorer.answer(PrunePlan(method="snip", sparsity=0.6, epochs=0))
    gone = {n: a == 0 for n, a in first.weights.items()}
    assert all((second.weights[n][g] == 0).all() for n, g in gone.items())


def test_large_networks_are_tried_on_fewer_images():
    assert images_for(NETWORKS["plain"], 1000) == 1000
    assert images_for(NETWORKS["plain"], 1000, 100.0) == 100


@pytest.mark.parametrize(("method", "rows"), [("magnitude", 5), ("l1_filter", 2)])
def test_each_row_of_the_sensitivity_is_one_layer_or_group_pruned_alone(method, rows):
    plan = PrunePlan(method=method, epochs=0)
    table = network_sensitivity(weights("residual"), data("residual"), plan)
    assert len(table.layers) == rows
    assert table.accuracies.shape == (rows, len(LEVELS))
    first = explorer_answer(method, table.layers[0], LEVELS[1])
    assert table.accuracies[0, 1] == first


def explorer_answer(method, row, share):
    explorer = NetworkExplorer(weights("residual"), data("residual"))
    return explorer.answer(PrunePlan(method=method, epochs=0), {row: share}).accuracy


def test_the_sensitivity_goes_on_after_the_last_row_that_is_there():
    class Stopped(Silent):
        def __init__(self, saved):
            self.saved, self.reported = saved, []

        def load(self):
            return self.saved

        def report(self, done, total, message=""):
            self.reported.append(message)

    made_up = {UNPRUNED: np.array(0.5), "conv1": np.full(len(LEVELS), 0.25)}
    progress, plan = Stopped(made_up), PrunePlan(epochs=0)
    found = analyse_network(weights("plain"), data("plain"), plan, 0, progress)
    assert np.all(found["conv1"] == 0.25)
    assert progress.reported[0] == "Sensitivity of conv2"


def test_a_sparsity_beyond_the_kernels_is_refused_with_the_numbers(explorers):
    with pytest.raises(SettingsError, match="91 of 715 parameters are never cut"):
        explorers["residual"].answer(PrunePlan(sparsity=0.95, epochs=0))


@pytest.mark.parametrize("method", ["magnitude", "l1_filter", "thinet"])
def test_the_sensitivity_allocation_takes_most_from_what_costs_least(method):
    plan = PrunePlan(method=method, sparsity=0.4, epochs=0, allocation="sensitivity")
    pruned = prune_network(weights("plain"), data("plain"), plan, 0, Silent())
    uniform = replace(plan, allocation="uniform")
    other = prune_network(weights("plain"), data("plain"), uniform, 0, Silent())
    assert abs(sparsity(pruned.weights) - 0.4) < 0.12
    same = [np.array_equal(a, other.weights[name]) for name, a in pruned.weights.items()]
    assert not all(same)


def test_shares_of_a_group_are_those_of_what_is_left_of_it():
    whole = living_network(residual(), weights("residual"))
    half = whole.without({"inner": np.arange(8) < 4}, weights("residual"))
    shares, drops = half.left_of({"inner": (np.array([0.5, 0.75]), np.array([0.1, 0.2]))})["inner"]
    assert shares.tolist() == [0.0, 0.5]
    assert drops.tolist() == [0.1, 0.2]


def test_a_setting_of_the_reference_network_that_was_switched_on_is_noted():
    plan = PrunePlan(sparsity=0.4, epochs=0, reconstruction=True)
    pruned = prune_network(weights("plain"), data("plain"), plan, 0, Silent())
    assert "Without effect on this network: reconstruction" in pruned.notes[-1]
    plain = prune_network(
        weights("plain"), data("plain"), replace(plan, reconstruction=False), 0, Silent()
    )
    assert not any("Without effect" in note for note in plain.notes)
