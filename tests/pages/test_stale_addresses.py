"""Addresses that name what is no longer here: a sentence, and a way out."""

from dataclasses import replace

import pytest

from core.data import store as datasets
from core.jobs.store.store import Child, Store
from core.pruning.search.spec import first_sweep
from tests.pages.conftest import all_text, button

pytestmark = pytest.mark.slow  # whole pages

GONE = "0123456789abcdef"


def test_a_tour_of_a_deleted_data_set_says_so_and_leads_back(empty_home, open_page):
    test = open_page("home", tour=GONE)
    assert not test.error
    assert "no longer here" in all_text(test)
    button(test, "Back to the start").click().run()
    assert "tour" not in test.query_params
    assert "How small" in all_text(test)


def test_a_tour_of_a_run_that_is_no_sweep_says_so_and_leads_back(filled_home, open_page):
    _, ids = filled_home
    test = open_page("home", sweep=ids["dense"])
    assert "is not a sweep" in test.error[0].value.replace("\\", "")
    button(test, "Back to the start").click().run()
    assert not test.error


def test_a_tour_outlives_its_data_set(filled_home, open_page):
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    sweep = store.submit(replace(first_sweep(ids["data"]), dense=ids["dense"]), 0)
    part = store.get(ids["magnitude-0.95"])
    store.submit_children(sweep, [Child(part.spec, part.seed)])
    store.close()
    datasets.delete(workspace, ids["data"])
    test = open_page("home", sweep=sweep, point=part.id)
    assert not test.error, [each.value for each in test.error]
    test.session_state["tour:card:view"] = "Classes"
    assert "Confusion matrix (holdout)" in all_text(test.run())


def test_a_run_that_is_gone_can_be_closed(empty_home, open_page):
    test = open_page("runs", run=GONE)
    assert "There is no run" in test.error[0].value.replace("\\", "")
    button(test, "All runs").click().run()
    assert not test.error
    assert "run" not in test.query_params


@pytest.mark.parametrize(
    ("page", "parameter"),
    [
        ("data", "data"),
        ("training", "data"),
        ("training", "run"),
        ("pruning", "dense"),
        ("pruning", "point"),
        ("frontier", "points"),
        ("federated", "run"),
        ("federated", "start"),
        ("grading", "run"),
        ("report", "runs"),
    ],
)
def test_other_pages_say_so_and_show_something_else(page, parameter, filled_home, open_page):
    test = open_page(page, **{parameter: GONE})
    assert not test.exception
    assert not test.error
    said = " ".join(each.value.replace("\\", "") for each in test.warning)
    assert "in this address" in said
    assert GONE[:8] in said
