"""The assignment's questions as ready-made comparisons."""

from dataclasses import replace

import pytest

from core.federated.comparison import grouped, simulate_comparison
from core.federated.federate import run_of
from core.federated.presets import PRESETS, QUESTIONS
from core.federated.spec import FederatedSpec

EVERY_RUN = [run for runs in PRESETS.values() for run in runs]


def test_every_question_has_a_preset():
    assert set(PRESETS) == set(QUESTIONS)
    assert len(PRESETS) == 4


@pytest.mark.parametrize("spec", EVERY_RUN, ids=lambda run: run.label)
def test_a_presets_runs_have_names_and_drawn_data(spec):
    assert run_of(spec, seed=0).name == spec.label
    assert spec.is_synthetic


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_labels_within_a_preset_differ(name):
    labels = [run.label for run in PRESETS[name]]
    assert len(set(labels)) == len(labels)


def test_runs_on_the_same_data_train_together():
    assert grouped(PRESETS["drift"]) == [[*range(len(PRESETS["drift"]))]]
    assert grouped(PRESETS["iid_and_heterogeneous"]) == [[0], [1], [2], [3]]


def test_a_comparison_keeps_the_order_of_its_runs():
    quick = {"rounds": 1, "hidden": 0, "local_steps": 1, "data_seed": 1}
    runs = [
        {**quick, "label": "a", "data": "iid"},
        {**quick, "label": "b", "data": "synthetic:1,1"},
        {**quick, "label": "c", "data": "iid", "algorithm": "scaffold"},
    ]
    histories = simulate_comparison([FederatedSpec.from_json(run) for run in runs])
    assert [history.label for history in histories] == ["a", "b", "c"]
    assert histories[0].records[0].train_loss == histories[2].records[0].train_loss
    assert histories[0].records[0].train_loss != histories[1].records[0].train_loss


def test_more_local_steps_need_fewer_rounds_on_iid_data():
    runs = [replace(run, rounds=6, dissimilarity_every=0) for run in PRESETS["local_steps"]]
    accuracies = [h.records[-1].validation_accuracy for h in simulate_comparison(runs)]
    assert accuracies[0] < accuracies[2] < accuracies[3]
