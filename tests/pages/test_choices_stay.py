"""A choice that the address keeps stays chosen, however often it is changed."""

from dataclasses import replace

import pytest

from core.data import store as datasets
from core.federated.spec import FederatedSpec
from core.jobs.store.store import Store
from pages.components.address_state import distinct
from tests.runs.finished_lab import dataset, finish

pytestmark = pytest.mark.slow  # whole pages


def box(test, label):
    return next(each for each in test.selectbox if each.label == label)


def chooses(test, label, values):
    """Change a box several times in a row and look at what it shows."""
    for value in values:
        box(test, label).set_value(value).run()
        assert not test.exception
        assert box(test, label).value == value


@pytest.mark.parametrize("label", ["X axis", "Y axis"])
def test_an_axis_of_the_frontier(filled_home, open_page, label):
    chooses(open_page("frontier"), label, ("gzip_bytes", "multiply_adds", "class:0", "score"))


def test_a_budget_beside_the_accuracy_on_a_class(filled_home, open_page):
    test = open_page("frontier")
    chooses(test, "Y axis", ["class:0"])
    chooses(test, "Budget", ["gzip_bytes", "nonzero"])
    assert any("Best within" in caption.value for caption in test.caption)


@pytest.fixture
def two_sets(filled_home):
    """Two data sets of one name and size; return their digests."""
    workspace, ids = filled_home
    first = dataset()
    other = replace(first, train=replace(first.train, images=first.train.images[::-1]))
    return ids["data"], datasets.save(workspace, other)


def test_a_data_set_from_the_first_click_on(two_sets, open_page):
    first, second = two_sets
    test = open_page("data")
    chooses(test, "Data set", [second, first, second])
    assert test.query_params["data"] in (second, [second])
    assert len(set(box(test, "Data set").options)) == 2  # equal names are told apart


def test_a_run(filled_home, open_page):
    workspace, _ = filled_home
    store = Store(workspace.store_url)
    runs = [job.id for job in store.jobs(kind="federate") if not job.parent]
    for strength in (0.1, 1.0):
        own = FederatedSpec(rounds=1, algorithm="fedprox", algorithm_settings={"mu": strength})
        runs.append(finish(store, own, store.get(runs[0]).result))
    store.close()
    test = open_page("federated", run=runs[0])
    chooses(test, "Run", [runs[-1], runs[-2], runs[0]])
    assert len(set(box(test, "Run").options)) == len(box(test, "Run").options)


def test_a_method_and_back(filled_home, open_page):
    test = open_page("pruning", data=filled_home[1]["data"], view="explore")
    chooses(test, "Method", ["l1_filter", "magnitude", "thinet", "l1_filter"])


@pytest.mark.parametrize(
    ("page", "key", "values"),
    [
        ("learn", "learn-topic", ["One round of FedAvg", "Pruning methods", "Prune one filter"]),
        ("pruning", "prune-view", ["sweep", "one", "explore"]),
    ],
)
def test_a_view(filled_home, open_page, page, key, values):
    test = open_page(page)
    for value in values:
        control = next(each for each in test.button_group if each.key == key)
        control.set_value(value).run()
        assert next(each for each in test.button_group if each.key == key).value == value


def test_runs_of_a_report_taken_out_one_after_the_other(filled_home, open_page):
    test = open_page("report")
    left = list(test.multiselect[0].value)
    while len(left) > 2:
        left = left[1:]
        test.multiselect[0].set_value(left).run()
        assert test.multiselect[0].value == left


def test_equal_names_are_told_apart():
    names = distinct(["1234ab", "5678cd", "9abcde"], lambda id: "a" if id < "9" else "b")
    assert names == {"1234ab": "a (1234)", "5678cd": "a (5678)", "9abcde": "b"}
