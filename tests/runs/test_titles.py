"""What runs are called: the same words everywhere, and no two alike that differ."""

from dataclasses import replace

import pytest

from core.data import store as datasets
from core.federated.presets import comparison
from core.federated.spec import FederatedSpec
from core.grading.spec import GradeSpec
from core.jobs.store.store import Store
from core.pruning.plan import PrunePlan
from core.pruning.search.seeds import repetition_seed
from core.pruning.search.spec import SweepSpec, first_sweep
from core.pruning.spec import PruneSpec
from core.runs.finished.histories import history_label
from core.runs.setting_rows import run_settings, setting_rows
from core.runs.titles import job_title, names_of, recipe_title, short_title, short_title_of
from core.training.recipe import QUICK
from core.training.spec import ImportSpec, TrainSpec
from core.workspace import Workspace
from tests.jobs.told import told
from tests.runs.finished_lab import dataset

SWEEP = SweepSpec(
    data="d", dense="e", methods=("magnitude", "snip"), sparsities=(0.8, 0.9, 0.975), epochs=1
)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture
def store(workspace):
    opened = Store(workspace.store_url)
    yield opened
    opened.close()


def title(store, spec, seed=0):
    return job_title(store.get(store.submit(spec, seed)))


def test_nested_settings_are_flattened_with_their_path():
    plan = PrunePlan(method="l1_filter", sparsity=0.5)
    rows = dict(setting_rows(PruneSpec(data="d", dense="e", plan=plan), {}))
    assert rows["plan, method"] == "L1 filter"
    assert (rows["plan, ramp"], rows["plan, augment"]) == ("0.5", "yes")


def test_prunings_that_differ_in_their_seed_or_widths_have_different_titles(store):
    plan = PrunePlan(method="l1_filter", sparsity=0.9, epochs=1)
    wanted = [(plan, 1), (replace(plan, allocation="uniform"), 1), (plan, 123_450_067)]
    wanted.append((plan, repetition_seed(0, 1)))
    ids = [store.submit(PruneSpec(data="d", dense="e", plan=p), seed) for p, seed in wanted]
    assert [job_title(store.get(id)) for id in ids] == [
        "Pruning: L1 filter 90.0%, 1 epoch, seed 1",
        "Pruning: L1 filter 90.0%, uniform, 1 epoch, seed 1",
        "Pruning: L1 filter 90.0%, 1 epoch, seed 123450067",
        "Pruning: L1 filter 90.0%, 1 epoch, seed 2 of its sweep",
    ]


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "Quick"),
        ({"batch_size": 17}, "Quick, 5 epochs, 1 setting changed"),
        ({"epochs": 7}, "Quick, 7 epochs"),
        ({"epochs": 7, "batch_size": 17}, "Quick, 7 epochs, 1 setting changed"),
    ],
)
def test_a_changed_recipe_counts_its_changes_from_the_nearest_preset(changes, shown):
    assert recipe_title(replace(QUICK, **changes)) == shown


def test_sweeps_say_their_methods_sparsities_and_epochs(store):
    assert title(store, SWEEP) == "Sweep: Magnitude, SNIP at 80%, 90%, 97.5%, 1 epoch"
    stored = {"data": "d", "methods": "all", "sparsities": [0.5], "epochs": 1}
    more = SweepSpec.from_json({**stored, "seeds": 3, "styles": ["pure"]})
    assert title(store, more) == (
        "Sweep: all methods at 50%, 1 epoch, 3 seeds, papers' recipes too"
    )


def test_a_title_names_the_data_set_and_the_network_it_came_from(store, workspace):
    data = datasets.save(workspace, dataset())
    dense = store.submit(TrainSpec(data=data, recipe=QUICK), 3)
    job = store.get(store.submit(replace(SWEEP, data=data, dense=dense), 0))
    assert job_title(job, names_of(store, workspace, [job])) == (
        "Sweep: Magnitude, SNIP at 80%, 90%, 97.5%, 1 epoch · from Quick, seed 3 · tiny garments"
    )


def test_a_sweep_that_trains_its_own_network_needs_no_other_name(store, workspace):
    job = store.get(store.submit(first_sweep("0" * 16), 0))
    assert "from" not in job_title(job, names_of(store, workspace, [job]))


def test_a_comparison_is_called_as_on_the_federated_page(store):
    spec = comparison("sgd_and_fedavg")
    assert title(store, spec) == "Federated comparison: SGD vs. FedAvg"
    shown = dict(setting_rows(spec, {}))
    assert shown["preset"] == "SGD vs. FedAvg"
    assert shown["runs"].startswith(
        "SGD, rate 0.01, SGD, rate 1, SGD, rate 3, SGD, rate 10, FedAvg"
    )


def test_a_federated_run_of_ones_own_says_what_is_unusual(store):
    spec = FederatedSpec(data="synthetic:0.5,0.5", rounds=50, learning_rate=0.1)
    assert title(store, spec, 2) == (
        "Federated run: FedAvg (1 local epoch, learning rate 0.1) on Synthetic(0.5, 0.5), "
        "50 rounds, seed 2"
    )


def test_a_grading_says_its_threshold_and_a_recipe_how_far_it_was_changed(store):
    graded = GradeSpec(data="0" * 16, files="1" * 16, threshold=0.7, hidden="2" * 16)
    assert title(store, graded) == "Grading: hidden test set, threshold 0.7"
    recipe = replace(QUICK, epochs=3)
    assert "Quick, 3 epochs, seed 0" in title(store, TrainSpec(data="d", recipe=recipe))


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("sweep", {"methods": 3, "sparsities": ["high"]}),
        ("train", {"recipe": "quick"}),
        ("train", {"data": "d", "recipe": {"unknown": 1}}),
        ("grade", {"threshold": "strict"}),
        ("federate", {"data": 3}),
        ("federate", {"algorithm": "unheard_of"}),
    ],
)
def test_a_strangers_run_does_not_hide_the_others(store, kind, settings):
    job = store.get(store.submit(told(kind, settings), 0))
    assert job_title(job).endswith("settings of an unknown form")
    [(name, sentence)] = run_settings(job)
    assert name == "settings"
    assert "cannot be read" in sentence


def test_settings_are_shown_in_the_words_of_the_pages():
    spec = replace(first_sweep("0cedee0000000000"), methods=("l1_filter",))
    rows = dict(setting_rows(spec, {"0cedee0000000000": "Garments"}))
    assert rows["data set"] == "Garments"
    assert rows["network"] == "trained first"
    assert rows["recipe, schedule"] == "one cycle"
    assert rows["methods"] == "L1 filter"
    weights = ImportSpec(data="d", weights="w", name="my_file")
    assert ("name", "my_file") in setting_rows(weights, {})


def test_federated_runs_of_other_strengths_networks_and_partitions_have_other_titles(store):
    usual = {"data": "0" * 16, "algorithm": "fedprox", "rounds": 5, "local_epochs": 1}
    others = (
        {},
        {"algorithm_settings": {"mu": 0.25}},
        {"hidden": 0},
        {"hidden": 64},
        {"network": "cnn"},
        {"partition": {"name": "dirichlet", "alpha": 0.1}},
        {"partition": {"name": "dirichlet", "alpha": 1.0}},
    )
    titles = [title(store, FederatedSpec.from_json({**usual, **other})) for other in others]
    assert len(set(titles)) == len(others)
    assert "mu 0.25" in titles[1]
    assert "logistic regression" in titles[2]
    assert "dirichlet alpha 0.1" in titles[5]


@pytest.mark.parametrize(
    "spec",
    [
        ImportSpec(data="d", weights="w", name="<a href='x'>mine</a>\u202e.h5"),
        FederatedSpec(data="synthetic:1,1", label="<a href='x'>mine</a>\u202e"),
    ],
)
def test_a_strangers_text_in_a_title_is_no_tag_for_a_chart(store, spec):
    """The name of a file, or the label in the zip of a run."""
    job = store.get(store.submit(spec, 0))
    titles = [job_title(job), short_title(job), short_title_of(job, spec)]
    if isinstance(spec, FederatedSpec):
        titles.append(history_label(job, spec))
    for title in titles:
        assert "‹a href='x'›mine‹/a›" in title
        assert "\u202e" not in title


def test_a_runs_settings_name_its_teachers_by_their_titles(store, workspace):
    teacher = store.submit(TrainSpec(data="d", recipe=QUICK), 3)
    spec = PruneSpec(data="d", dense="e", plan=PrunePlan(), teachers=(teacher, "f" * 16))
    job = store.get(store.submit(spec, 0))
    rows = dict(run_settings(job, names_of(store, workspace, [job])))
    title = short_title(store.get(teacher))
    assert rows["teachers"] == f"{title}, deleted network ffffffff"
