import json
from dataclasses import replace

import numpy as np
import pytest

from core.errors import SettingsError
from core.evaluation.accuracy import accuracy, predict
from core.evaluation.forgotten import forgotten
from core.networks.network import LAYERS
from core.networks.topology import CHANNEL_LAYERS
from core.progress import Silent
from core.pruning.preview.explorer import PROBES, Explorer
from core.pruning.preview.spec import PreviewResult, PreviewSpec
from core.pruning.prune import PrunePlan, prune
from tests.pruning.tiny import SHAPE, data, weights

pytestmark = pytest.mark.slow  # TensorFlow


@pytest.fixture(scope="module")
def explorer():
    return Explorer(weights(), data(), images=30, seed=1)


def plan(method="magnitude", sparsity=0.6, **values):
    return PrunePlan(method=method, sparsity=sparsity, epochs=0, **values)


def looked_at(count):
    return np.linspace(0, count - 1, 30).round().astype(int)


def measured(network):
    split = data().validation.take(looked_at(len(data().validation)))
    return accuracy(predict(network, SHAPE, split.images), split.labels)


METHODS_SHOWN = ("magnitude", "snip", "random", "l1_filter", "random_filter", "taylor")


@pytest.mark.parametrize("method", METHODS_SHOWN)
def test_an_answer_is_what_pruning_without_training_gives(explorer, method):
    answer = explorer.answer(plan(method))
    assert answer.accuracy == pytest.approx(measured(answer.weights))
    pruned = prune(weights(), data(), plan(method), 1, Silent())
    assert answer.mask.same_as(pruned.mask)


def test_all_classes_are_looked_at_even_if_the_images_come_class_by_class():
    validation = data().validation
    by_class = validation.take(np.argsort(validation.labels, kind="stable"))
    ordered = replace(data(), validation=by_class)
    few = by_class.take(looked_at(len(by_class)))
    assert set(few.labels) == set(validation.labels)
    answer = Explorer(weights(), ordered, images=30).answer(plan(sparsity=0.0))
    expected = accuracy(predict(weights(), SHAPE, few.images), few.labels)
    assert answer.accuracy == pytest.approx(expected)


def test_nothing_removed_is_the_dense_network(explorer):
    answer = explorer.answer(plan(sparsity=0.0))
    assert answer.accuracy == answer.dense_accuracy == measured(weights())
    assert answer.images == 30
    assert answer.score == 0.0


def test_the_layers_add_up_to_the_whole(explorer):
    answer = explorer.answer(plan(sparsity=0.8))
    assert [layer.name for layer in answer.layers] == list(LAYERS)
    assert sum(layer.zeros for layer in answer.layers) == round(0.8 * SHAPE.parameters)
    assert sum(layer.parameters for layer in answer.layers) == SHAPE.parameters


def test_sliders_of_single_layers_replace_the_allocation(explorer):
    answer = explorer.answer(plan(), per_layer={"conv2": 0.5, "dense1": 0.9})
    sparsities = {layer.name: layer.sparsity for layer in answer.layers}
    assert sparsities["conv2"] == 0.5
    assert sparsities["dense1"] == pytest.approx(0.9, abs=0.001)
    assert sparsities["conv1"] == sparsities["dense2"] == 0.0


def test_sliders_of_single_layers_remove_that_share_of_the_channels(explorer):
    answer = explorer.answer(plan("l1_filter"), per_layer={"conv3": 0.5})
    living = {layer.name: layer.living for layer in answer.layers}
    assert living["conv3"] == 3
    assert living["conv1"] == SHAPE.units["conv1"]


@pytest.mark.parametrize("share", [1.7, 1.0, -0.1, float("nan")])
@pytest.mark.parametrize("method", ["magnitude", "l1_filter", "regression"])
def test_a_share_that_is_none_is_refused_in_words(explorer, method, share):
    with pytest.raises(SettingsError, match=r"share to remove of conv2 is .* from 0 up to"):
        explorer.answer(plan(method), per_layer={"conv2": share})
    with pytest.raises(SettingsError, match="share to remove of conv2"):
        PreviewSpec(data="d", dense="n", method=method, per_layer={"conv2": share})


@pytest.mark.parametrize("method", ["slimming", "structure_selection"])
def test_methods_that_must_train_first_say_so(explorer, method):
    with pytest.raises(SettingsError, match="has to train its factors"):
        explorer.answer(plan(method))


@pytest.mark.parametrize("sparsity", [0.9, 0.97])
def test_a_deep_cut_gives_up_dead_units_as_pruning_does(explorer, sparsity):
    pruned = prune(weights(), data(), plan(sparsity=sparsity), 1, Silent())
    assert explorer.answer(plan(sparsity=sparsity)).mask.same_as(pruned.mask)
    plain = explorer.answer(plan(sparsity=sparsity, connected=False)).mask
    assert not plain.same_as(pruned.mask)


@pytest.mark.parametrize("allocation", ["own", "uniform", "balanced"])
def test_channels_are_divided_as_in_a_run(explorer, allocation):
    asked = plan("l1_filter", 0.7, allocation=allocation)
    pruned = prune(weights(), data(), asked, 1, Silent())
    assert explorer.answer(asked).mask.same_as(pruned.mask)
    assert pruned.mask.sparsity == pytest.approx(0.7, abs=0.05)


def test_a_curve_is_one_answer_for_every_sparsity(explorer):
    answers = explorer.curve(plan(), [0.0, 0.5, 0.97])
    assert [answer.sparsity for answer in answers] == pytest.approx([0.0, 0.5, 0.97], abs=0.001)
    assert answers[0].accuracy == answers[0].dense_accuracy


def test_asking_twice_gives_the_same_answer(explorer):
    first, second = explorer.answer(plan("taylor")), explorer.answer(plan("taylor"))
    assert first.mask.same_as(second.mask)
    assert first.accuracy == second.accuracy


def test_an_answer_survives_json(explorer):
    result = explorer.answer(plan()).result("weights.h5")
    read = PreviewResult.from_json(json.loads(json.dumps(result.to_json())))
    assert read == result
    assert (read.layers[0].name, read.plan.method) == ("conv1", "magnitude")
    assert 0 <= read.accuracy <= 1


@pytest.mark.parametrize("method", ["magnitude", "l1_filter", "random_filter"])
def test_reconstruction_revives_nothing_of_what_is_gone(explorer, method):
    answer = explorer.answer(plan(method, 0.5), reconstruction=True)
    assert answer.reconstructed
    for name, kept in answer.mask.arrays.items():
        assert not answer.weights[name][~kept].any()
    changed = [
        layer
        for layer in (*CHANNEL_LAYERS, "dense2")
        if (answer.weights[f"{layer}/kernel"] != weights()[f"{layer}/kernel"])[
            answer.mask.arrays[f"{layer}/kernel"]
        ].any()
    ]
    assert "dense2" in changed


def test_the_strip_is_the_same_for_every_cut_and_method(explorer):
    falls = explorer.falls
    assert set(np.unique(falls)) <= set(range(len(PROBES) + 1))
    shown = []
    for asked in (plan(sparsity=0.9), plan("l1_filter", 0.5)):
        found = forgotten(explorer.answer(asked).answers, tuple("abcde"), explorer.falls)
        shown.append([each.row for each in found.images])
    assert shown[0] == shown[1]
    # The first probe, asked for alone: who is wrong then has survived none.
    first = explorer.answer(plan(sparsity=PROBES[0])).answers
    assert ((first.after.argmax(axis=1) != first.labels) == (falls == 0)).all()


def test_an_answer_knows_what_both_networks_say_to_every_image(explorer):
    answer = explorer.answer(plan(sparsity=0.9))
    split = data().validation.take(looked_at(len(data().validation)))
    assert answer.answers.before == pytest.approx(predict(weights(), SHAPE, split.images), abs=1e-5)
    after = predict(answer.weights, SHAPE, split.images)
    assert answer.answers.after == pytest.approx(after, abs=1e-5)
    again = explorer.compared(answer.weights)
    assert np.array_equal(again.after, answer.answers.after)
