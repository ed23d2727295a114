"""What every row of the METHODS table keeps, whatever it scores or selects by."""

import re
from functools import lru_cache

import numpy as np
import pytest

from core.errors import SettingsError, WeightsError
from core.lessons.method_cards import explained
from core.networks.topology import CHANNEL_LAYERS, parameters_of
from core.progress import Silent, Stopped
from core.pruning.masks.dead_units import channel_mask, living_units
from core.pruning.method import Budget
from core.pruning.methods import CONTROLS, METHODS
from core.pruning.prune import PrunePlan, prune
from core.settings import describe
from tests.pruning.tiny import SHAPE, StopsAfter, context, data, weights

pytestmark = pytest.mark.slow  # TensorFlow

UNTRAINED = [name for name, method in METHODS.items() if not method.trains]
COUNTS = {"conv1": 3, "conv2": 3, "conv3": 4, "conv4": 4, "dense1": 9}


@lru_cache(maxsize=64)
def pruned(name, sparsity=0.7, epochs=0, seed=1):
    """Prune the tiny network; methods that must train get the epochs they need."""
    plan = PrunePlan(method=name, sparsity=sparsity, epochs=epochs, batch_size=32)
    return prune(weights(), data(), plan, seed, Silent())


@pytest.fixture(params=METHODS, scope="module")
def name(request):
    return request.param


def epochs_of(name):
    return 2 if METHODS[name].trains else 0


def test_a_method_says_what_it_is(name):
    method = METHODS[name]
    assert method.name == name
    assert method.label
    assert method.doc.strip().endswith(".")
    assert re.search(r"(19|20)\d\d.*arXiv:\d{4}\.\d{4,5}", method.paper)
    assert method.settings.__doc__
    assert all(field.help for field in describe(method.settings))
    assert method.settings() == method.settings()


@pytest.mark.parametrize(
    "paper",
    ["magnitude", "l1_filter", "thinet", "regression", "slimming", "structure_selection", "taylor"],
)
def test_what_a_method_changed_of_its_paper_is_said(paper):
    method = METHODS[paper]
    assert "Adapted:" in explained(method.doc, method.settings, method.paper)


@pytest.mark.parametrize("paper", ["slimming", "structure_selection"])
def test_what_is_said_of_normalization_holds_for_networks_that_have_their_own(paper):
    method = METHODS[paper]
    text = explained(method.doc, method.settings, method.paper)
    assert "the network has no batch" not in text.lower()
    assert "own" in text
    assert "course's" in text


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_no_card_shows_backticks(method):
    documented = type("Documented", (), {"__doc__": "Uses `growth` and ``shape``."})
    text = explained(method.doc, documented, method.paper)
    assert "growth" in text
    assert "`" not in text


def test_scores_have_the_shape_of_what_they_score(name):
    method = METHODS[name]
    if method.scores is None:
        assert method.structured
        return
    scores = method.scores(context(), method.settings())
    expected = (
        {layer: (SHAPE.units[layer],) for layer in CHANNEL_LAYERS}
        if method.structured
        else SHAPE.parameter_shapes()
    )
    assert {key: np.shape(value) for key, value in scores.items()} == expected
    assert all(np.isfinite(value).all() and (value >= 0).all() for value in scores.values())


def test_a_selection_keeps_as_many_channels_as_the_budget_says(name):
    method = METHODS[name]
    if method.select is None:
        assert method.scores is not None
        return
    budget = Budget(0.6, COUNTS, epochs_of(name))
    selection = method.select(context(), method.settings(), budget)
    assert {layer: len(kept) for layer, kept in selection.kept.items()} == COUNTS
    for layer, kept in selection.kept.items():
        assert np.array_equal(kept, np.unique(kept))
        removed = np.setdiff1d(np.arange(SHAPE.units[layer]), kept)
        assert not selection.weights[f"{layer}/kernel"][..., removed].any()
        assert not selection.weights[f"{layer}/bias"][removed].any()
    assert selection.epochs_used <= max(budget.epochs, 0)


@pytest.mark.parametrize("saves", [1, 2])
@pytest.mark.parametrize("method", [n for n, m in METHODS.items() if m.select and m.needs_data])
def test_a_selection_that_was_stopped_goes_on_bit_for_bit(method, saves):
    def select(progress=None):
        rule = METHODS[method]
        return rule.select(context(progress), rule.settings(), Budget(0.7, COUNTS, 6))

    undisturbed, progress = select(), StopsAfter(saves)
    with pytest.raises(Stopped):
        select(progress)
    resumed = select(progress)
    for key, value in undisturbed.weights.items():
        np.testing.assert_array_equal(resumed.weights[key], value)


@pytest.mark.parametrize("method", [name for name in METHODS if METHODS[name].trains])
def test_a_method_that_trains_says_what_to_do_without_epochs(method):
    with pytest.raises(SettingsError, match="at least one epoch"):
        METHODS[method].select(context(), METHODS[method].settings(), Budget(0.6, None, 0))


@pytest.mark.parametrize("sparsity", [0.3, 0.7, 0.9])
def test_the_target_sparsity_is_met_to_one_unit(name, sparsity):
    result = pruned(name, sparsity, epochs_of(name))
    missed = abs(result.mask.zeros - sparsity * SHAPE.parameters)
    if not METHODS[name].structured:
        assert missed <= 0.5
        assert result.sparsity == result.mask.sparsity
        return
    widths = {layer: len(kept) for layer, kept in result.kept.items()}
    one_more = [
        parameters_of({**widths, layer: widths[layer] + 1}, SHAPE) for layer in CHANNEL_LAYERS
    ]
    assert missed <= max(one_more) - parameters_of(widths, SHAPE)
    assert f"{result.mask.sparsity:.4f}" in result.notes[-1]


def with_dead_channels():
    """A network that has lost half of every layer's channels already."""
    kept = {layer: np.arange(SHAPE.units[layer] // 2) for layer in CHANNEL_LAYERS}
    return channel_mask(kept, SHAPE).apply(weights())


@pytest.mark.parametrize("method", [name for name in METHODS if METHODS[name].structured])
def test_channels_that_are_dead_already_do_not_count_as_removed(method):
    dense, epochs = with_dead_channels(), epochs_of(method)
    plan = PrunePlan(method=method, sparsity=0.85, epochs=epochs, batch_size=32)
    assert 0.6 < np.mean(np.concatenate([np.ravel(value) == 0 for value in dense.values()])) < 0.8
    result = prune(dense, data(), plan, 1, Silent())
    assert result.sparsity == pytest.approx(0.85, abs=0.02)
    assert all(len(kept) < SHAPE.units[layer] for layer, kept in result.kept.items())


@pytest.mark.parametrize("method", METHODS)
def test_weights_that_are_no_numbers_are_refused(method):
    broken = weights()
    broken["conv2/kernel"][0, 0, 0, 0] = np.nan
    with pytest.raises(WeightsError, match="conv2/kernel holds values that are not finite"):
        prune(broken, data(), PrunePlan(method=method, epochs=0), 1, Silent())


@pytest.mark.parametrize("method", UNTRAINED)
def test_sparsity_zero_without_training_keeps_every_entry(method):
    result = pruned(method, 0.0)
    assert result.mask.zeros == 0
    if not METHODS[method].refits:
        assert all(np.array_equal(result.weights[key], value) for key, value in weights().items())


def test_the_same_seed_gives_the_same_weights_and_leaves_the_dense_ones_alone(name):
    first = pruned(name, 0.7, epochs_of(name))
    given = weights()
    again = prune(given, data(), first.plan, 1, Silent())
    assert again.mask.same_as(first.mask)
    assert all(np.array_equal(again.weights[key], first.weights[key]) for key in first.weights)
    assert all(np.array_equal(given[key], value) for key, value in weights().items())


@pytest.mark.parametrize("method", CONTROLS)
def test_another_seed_gives_another_random_mask(method):
    assert not pruned(method, seed=1).mask.same_as(pruned(method, seed=2).mask)


def test_every_entry_outside_the_mask_is_exactly_zero_after_fine_tuning(name):
    result = pruned(name, 0.8, 3)
    for key, kept in result.mask.arrays.items():
        assert (result.weights[key][~kept] == 0.0).all()
    assert result.epochs == 3


@pytest.mark.parametrize("sparsity", [0.7, 0.9])
def test_no_layer_dies(name, sparsity):
    alive = living_units(pruned(name, sparsity, epochs_of(name)).mask.arrays)
    assert all(units.any() for units in alive.values())
