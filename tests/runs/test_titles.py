"""What runs are called: the same words everywhere, and no two alike that differ."""

import pytest

from core.data import store as datasets
from core.federated.presets import PRESETS
from core.jobs.store.store import Store
from core.runs.first_minute import first_minute
from core.runs.setting_rows import settings_words
from core.runs.titles import job_title, names_of
from core.settings import to_dict
from core.training.recipe import QUICK
from core.workspace import Workspace
from tests.runs.finished_lab import dataset

SWEEP = {"methods": ["magnitude", "snip"], "sparsities": [0.8, 0.9, 0.975], "epochs": 1}


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture
def store(workspace):
    opened = Store(workspace.store_url)
    yield opened
    opened.close()


def title(store, kind, settings, seed=0):
    return job_title(store.get(store.submit(kind, settings, seed)))


def test_nested_settings_are_flattened_with_their_path():
    assert settings_words({"plan": {"ramp": 0.5, "augment": True}, "seeds": [1, 2]}) == [
        ("plan, ramp", "0.5"),
        ("plan, augment", "yes"),
        ("seeds", "1, 2"),
    ]


def test_prunings_that_differ_in_their_seed_or_widths_have_different_titles(store):
    plan = {"method": "l1_filter", "sparsity": 0.9, "epochs": 1}
    wanted = [(plan, 1), (plan | {"allocation": "uniform"}, 1), (plan, 123_450_067)]
    ids = [store.submit("prune", {"plan": each}, seed) for each, seed in wanted]
    assert [job_title(store.get(id)) for id in ids] == [
        "Pruning: L1 filter 90.0%, 1 epoch, seed 1",
        "Pruning: L1 filter 90.0%, uniform, 1 epoch, seed 1",
        "Pruning: L1 filter 90.0%, 1 epoch, seed …0067",
    ]


def test_sweeps_say_their_methods_sparsities_and_epochs(store):
    assert title(store, "sweep", SWEEP) == "Sweep: Magnitude, SNIP at 80, 90, 97.5 %, 1 epoch"
    more = SWEEP | {"methods": "all", "sparsities": [0.5], "seeds": 3, "styles": ["pure"]}
    assert title(store, "sweep", more) == (
        "Sweep: all methods at 50 %, 1 epoch, 3 seeds, papers' recipes too"
    )


def test_a_title_names_the_data_set_and_the_network_it_came_from(store, workspace):
    data = datasets.save(workspace, dataset())
    dense = store.submit("train", {"data": data, "recipe": to_dict(QUICK)}, 3)
    job = store.get(store.submit("sweep", {"data": data, "dense": dense, **SWEEP}, 0))
    assert job_title(job, names_of(store, workspace, [job])) == (
        "Sweep: Magnitude, SNIP at 80, 90, 97.5 %, 1 epoch · from Quick, seed 3 · tiny garments"
    )


def test_a_sweep_that_trains_its_own_network_needs_no_other_name(store, workspace):
    job = store.get(store.submit("sweep", first_minute("0" * 16), 0))
    assert "from" not in job_title(job, names_of(store, workspace, [job]))


def test_a_comparison_is_called_as_on_the_federated_page(store):
    settings = {"preset": "sgd_and_fedavg", "runs": list(PRESETS["sgd_and_fedavg"])}
    assert title(store, "federate_compare", settings) == "Federated comparison: SGD vs. FedAvg"
    shown = dict(settings_words(settings))
    assert shown["preset"] == "SGD vs. FedAvg"
    assert shown["runs"].startswith("SGD, rate 0.01, SGD, tuned rate 1, FedAvg")


def test_a_federated_run_of_ones_own_says_what_is_unusual(store):
    settings = {
        "data": "synthetic:0.5,0.5",
        "algorithm": "fedavg",
        "rounds": 50,
        "local_epochs": 1,
        "learning_rate": 0.1,
    }
    assert title(store, "federate", settings, 2) == (
        "Federated run: FedAvg on Synthetic(0.5, 0.5), 1 local epoch, 50 rounds, "
        "learning rate 0.1, seed 2"
    )


def test_a_grading_says_its_threshold_and_a_recipe_how_far_it_was_changed(store):
    graded = {"data": "0" * 16, "files": "1" * 16, "threshold": 0.7, "hidden": "2" * 16}
    assert title(store, "grade", graded) == "Grading: hidden test set, threshold 0.7"
    recipe = to_dict(QUICK) | {"epochs": 3}
    assert "settings changed, seed 0" in title(store, "train", {"recipe": recipe})
    assert title(store, "train", {"recipe": {"unknown": 1}}) == "Training: ? epochs, seed 0"


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("sweep", {"methods": 3, "sparsities": ["high"]}),
        ("train", {"recipe": "quick"}),
        ("grade", {"threshold": "strict"}),
    ],
)
def test_a_strangers_run_does_not_hide_the_others(store, kind, settings):
    assert title(store, kind, settings).endswith("settings of an unknown form")


def test_settings_are_shown_in_the_words_of_the_pages():
    settings = {
        "data": "0cedee0000000000",
        "dense": None,
        "recipe": {"schedule": "one_cycle"},
        "methods": ["l1_filter"],
        "name": "my_file",
    }
    assert settings_words(settings, {"0cedee0000000000": "Garments"}) == [
        ("data set", "Garments"),
        ("network", "trained first"),
        ("recipe, schedule", "one cycle"),
        ("methods", "L1 filter"),
        ("name", "my_file"),
    ]


def test_federated_runs_of_other_strengths_networks_and_divisions_have_other_titles(store):
    usual = {"data": "iid", "algorithm": "fedprox", "rounds": 5, "local_epochs": 1}
    others = (
        {},
        {"algorithm_settings": {"mu": 0.25}},
        {"hidden": 0},
        {"hidden": 64},
        {"network": "cnn"},
        {"partition": {"name": "dirichlet", "alpha": 0.1}},
        {"partition": {"name": "dirichlet", "alpha": 1.0}},
    )
    titles = [title(store, "federate", {**usual, **other}) for other in others]
    assert len(set(titles)) == len(others)
    assert "mu 0.25" in titles[1]
    assert "logistic regression" in titles[2]
    assert "dirichlet alpha 0.1" in titles[5]
