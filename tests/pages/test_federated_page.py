"""Federated: the prepared questions, runs of one's own, and what the forms submit."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.federated.presets import PRESETS, comparison
from core.federated.spec import FederatedComparisonSpec, FederatedSpec
from core.jobs.store.lease import Update
from core.jobs.store.store import Child, Store
from core.report.answers.headlines import headline
from core.runs.federated_runs import usual_target
from core.runs.finished.samples import sample_histories
from core.runs.specs import spec_of
from tests.inputs.build import zipped
from tests.inputs.clients import clients_of
from tests.pages.conftest import all_text, button
from tests.runs.finished_lab import begin, federated_result, finish, settle
from tests.runs.histories import history

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
    assert "which needs fewer server iterations" in all_text(test)
    assert "Bundled result of the same question" in all_text(test)


def test_a_finished_run_is_shown_with_what_it_needed(filled_home, open_page):
    test = open_page("federated", question="own")
    assert not test.exception
    assert not test.error, [each.value for each in test.error]
    assert "What each run needed" in all_text(test)
    assert "Bundled result" not in all_text(test)


def answered(workspace, question):
    """Finish a comparison of a prepared question; return its id."""
    store = Store(workspace.store_url)
    run = FederatedSpec(label=f"run of {question}", rounds=4)
    asked = FederatedComparisonSpec(preset=question, runs=(run,))
    parent = finish(store, asked, {"runs": [], "failed": []})
    store.submit_children(parent, [Child(run, 0)])
    part = store.jobs(parent=parent)[0]
    settle(store, part.id, federated_result(history(run.label, [0.1, 0.5, 0.6])))
    store.close()
    return parent


def shown_runs(test):
    """Return the first column of the table of costs."""
    return list(test.dataframe[0].value["run"])


def test_a_question_shows_its_own_newest_run_else_the_sample(filled_home, open_page):
    """Neither the curves of another question nor a custom run of anybody's."""
    workspace, _ = filled_home
    answered(workspace, "local_steps")
    test = open_page("federated", question="local_steps")
    assert "Bundled result" not in all_text(test)
    assert shown_runs(test) == ["run of local_steps"]
    test.button_group(key="federated-question").set_value("drift").run()
    assert "Bundled result" in all_text(test)
    assert "SCAFFOLD, 100 steps" in shown_runs(test)
    assert test.query_params["question"] in ("drift", ["drift"])


def test_the_address_of_a_comparison_opens_its_question(filled_home, open_page):
    workspace, _ = filled_home
    test = open_page("federated", run=answered(workspace, "drift"))
    assert test.button_group(key="federated-question").value == "drift"
    assert shown_runs(test) == ["run of drift"]


@pytest.mark.parametrize("question", list(PRESETS))
def test_each_question_has_the_reports_answer_in_large_type(empty_home, open_page, question):
    test = open_page("federated", question=question)
    said = headline(question, sample_histories(question))
    assert said
    shown = all_text(test).replace("\\", "")
    assert all(sentence in shown for sentence in said)


def test_the_target_of_the_cost_table_is_dragged_and_who_never_got_there_is_said(
    empty_home, open_page
):
    test = open_page("federated", question="local_steps", target="20")
    assert test.slider(key="cost-target").value == 20
    test.slider(key="cost-target").set_value(99).run()
    assert set(test.dataframe[0].value["rounds to 99%"]) == {"not reached"}
    assert test.query_params["target"] in ("99", ["99"])


def test_the_target_follows_the_question_until_one_is_chosen(empty_home, open_page):
    def usual(question):
        return round(100 * usual_target(sample_histories(question)))

    test = open_page("federated", question="sgd_and_fedavg")
    assert test.slider(key="cost-target").value == usual("sgd_and_fedavg")
    test.button_group(key="federated-question").set_value("local_steps").run()
    assert test.slider(key="cost-target").value == usual("local_steps")
    assert usual("local_steps") != usual("sgd_and_fedavg")
    assert "target" not in test.query_params
    test.slider(key="cost-target").set_value(33).run()
    test.button_group(key="federated-question").set_value("drift").run()
    assert test.slider(key="cost-target").value == 33


def test_a_comparison_that_was_stopped_is_not_concluded_from(empty_home, open_page):
    """Of one run all rounds are there, of the others two: whose ends would be compared?"""
    store = Store(empty_home.store_url)
    question = "sgd_and_fedavg"
    asked = comparison(question)
    parent = store.submit(asked, 0)
    children = store.submit_children(parent, [Child(run, 0) for run in asked.runs])
    whole = history("whole", [0.1, 0.5, 0.6, 0.7])
    settle(store, children[0].id, federated_result(whole))
    half = history("half", [0.1, 0.2])
    for child in children[1:]:
        lease = begin(store, child.id)
        told = {(key, n): v for n, row in enumerate(half.rows) for key, v in row.items()}
        lease.beat(Update(metrics=told))
        store.stop(child.id)
        lease.settle("stopped")
    store.stop(parent)
    store.close()
    test = open_page("federated", run=parent, question=question)
    made = [replace(whole, spec=asked.runs[0], label=asked.runs[0].label)]
    made += [replace(half, spec=run, label=run.label) for run in asked.runs[1:]]
    wrong = headline(question, made)
    assert wrong
    assert len(shown_runs(test)) == len(made)
    text = all_text(test).replace("\\", "")
    assert not [sentence for sentence in wrong if sentence in text]


def two_federations():
    from pages.components.views.federated_views import federations_view

    even, same, other = [[5, 5], [5, 5]], [[10, 0], [0, 10]], [[20, 0], [0, 10]]
    classes = ("coat", "ankle boot")
    federations_view([("IID data", classes, c) for c in (even, same, other)], "test")


def test_equal_sizes_of_clients_are_drawn_once():
    test = AppTest.from_function(two_federations).run()
    assert not test.exception
    said = [each.value for each in test.caption]
    assert said.count("The clients have as many samples as those above.") == 1


def test_start_submits_the_runs_of_the_question(empty_home, open_page):
    test = open_page("federated")
    button(test, "Start").click().run()
    (compared,) = jobs(empty_home, "federate_compare")
    assert spec_of(compared).runs == PRESETS["sgd_and_fedavg"]


def test_a_run_of_ones_own_submits_what_the_form_says(empty_home, open_page):
    test = open_page("federated")
    test.button_group(key="federated-question").set_value("own").run()
    button(test, "Start").click().run()
    (run,) = jobs(empty_home, "federate")
    assert spec_of(run) == FederatedSpec(rounds=50)


def test_every_source_of_data_can_be_read_in_a_narrow_column(empty_home, open_page):
    test = open_page("federated")
    test.button_group(key="federated-question").set_value("own").run()
    assert test.button_group(key="federated-source").proto.wrap


def test_asking_a_question_again_says_that_it_has_been_answered(empty_home, open_page):
    store = Store(empty_home.store_url)
    finish(store, comparison("sgd_and_fedavg"), {"runs": [], "failed": []})
    store.close()
    test = open_page("federated")
    button(test, "Start").click().run()
    assert "Already run; the saved result is shown" in all_text(test)


def test_a_link_from_a_network_begins_with_its_weights(filled_home, open_page):
    workspace, ids = filled_home
    test = open_page("federated", start=ids["dense"])
    assert not test.exception
    button(test, "Start").click().run()
    (run,) = jobs(workspace, "federate_network")
    spec = spec_of(run)
    assert (spec.start, spec.network, spec.keep_zeros) == (ids["dense"], "cnn", True)


def test_own_clients_are_uploaded_described_and_federated(empty_home, open_page):
    test = open_page("federated", question="own")
    next(each for each in test.get("button_group") if each.label == "Data").set_value(
        "clients"
    ).run()
    content = zipped({"train/a.json": clients_of([12, 1]), "all_data/a.json": b"{}"})
    test.file_uploader[0].upload("clients.zip", content, "application/zip").run()
    assert not test.exception
    assert "2 clients" in all_text(test)
    assert "Only 1 of 2 clients are validated" in test.warning[0].value
    button(test, "Start").click().run()
    (job,) = jobs(empty_home, "federate")
    assert spec_of(job).data.startswith("leaf:")


def test_a_file_that_holds_no_clients_is_refused_with_the_reason(empty_home, open_page):
    test = open_page("federated", question="own")
    next(each for each in test.get("button_group") if each.label == "Data").set_value(
        "clients"
    ).run()
    test.file_uploader[0].upload("clients.json", b"{}", "application/json").run()
    assert not test.exception
    assert "not LEAF JSON" in test.error[0].value
