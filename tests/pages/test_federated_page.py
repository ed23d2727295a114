"""Federated: the prepared questions, runs of one's own, and what the forms submit."""

import pytest

from core.federated.presets import PRESETS
from core.jobs.store.store import Store
from tests.pages.conftest import all_text, button
from tests.runs.finished_lab import finish

pytestmark = pytest.mark.slow  # whole pages


def jobs(workspace, kind):
    store = Store(workspace.store_url)
    found = store.jobs(kind=kind)
    store.close()
    return found


def test_an_empty_lab_offers_the_four_questions(empty_home, open_page):
    test = open_page("federated")
    assert not test.exception
    assert not test.error
    assert "who needs fewer server iterations" in all_text(test)
    assert "a finished run of the same question" in all_text(test)


def test_a_finished_run_is_shown_with_what_it_needed(filled_home, open_page):
    test = open_page("federated")
    assert not test.exception
    assert not test.error, [each.value for each in test.error]
    assert "What each run needed" in all_text(test)


def test_start_submits_the_runs_of_the_question(empty_home, open_page):
    test = open_page("federated")
    button(test, "Start").click().run()
    (comparison,) = jobs(empty_home, "federate_compare")
    assert comparison.settings["runs"] == list(PRESETS["sgd_and_fedavg"])


def test_a_run_of_ones_own_submits_what_the_form_says(empty_home, open_page):
    test = open_page("federated")
    test.button_group(key="federated-question").set_value("own").run()
    button(test, "Start").click().run()
    (run,) = jobs(empty_home, "federate")
    assert (run.settings["data"], run.settings["algorithm"]) == ("iid", "fedavg")
    assert (run.settings["rounds"], run.settings["hidden"]) == (50, 128)


def test_every_source_of_data_can_be_read_in_a_narrow_column(empty_home, open_page):
    test = open_page("federated")
    test.button_group(key="federated-question").set_value("own").run()
    assert test.button_group(key="federated-source").proto.wrap


def test_asking_a_question_again_says_that_it_has_been_answered(empty_home, open_page):
    store = Store(empty_home.store_url)
    settings = {"preset": "sgd_and_fedavg", "runs": list(PRESETS["sgd_and_fedavg"])}
    finish(store, "federate_compare", settings, {"runs": [], "failed": []})
    store.close()
    test = open_page("federated")
    button(test, "Start").click().run()
    assert "This question has been answered already" in all_text(test)


def test_a_link_from_a_network_begins_with_its_weights(filled_home, open_page):
    workspace, ids = filled_home
    test = open_page("federated", start=ids["dense"])
    assert not test.exception
    button(test, "Start").click().run()
    (run,) = jobs(workspace, "federate_network")
    assert (run.settings["start"], run.settings["network"]) == (ids["dense"], "cnn")
    assert run.settings["keep_zeros"] is True
