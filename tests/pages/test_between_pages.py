"""What one page, or one tab, does to another: nothing that nobody asked for."""

from dataclasses import replace

import pytest

from core.data import store as datasets
from core.jobs.store.store import Store
from core.pruning.search.proposals import START, Entry
from core.pruning.search.spec import CompeteResult, CompeteSpec, TimingResult, TimingSpec
from core.report import notes
from core.runs.finished.networks import network_of
from core.runs.specs import spec_of
from tests.pages.conftest import button
from tests.runs.finished_lab import dataset, finish

pytestmark = pytest.mark.slow  # whole pages


def box(test, label):
    return next(each for each in test.selectbox if each.label == label)


def another_set(workspace, name):
    first = dataset()
    images = first.train.images + len(name)
    return datasets.save(
        workspace, replace(first, name=name, train=replace(first.train, images=images))
    )


def turned_to(test, page):
    test.switch_page(f"{page}.py").run()
    assert not test.exception
    return test


def test_looking_at_a_frontier_does_not_choose_its_data_for_the_next_training(
    filled_home, open_page
):
    workspace, ids = filled_home
    fresh, pruned_too = another_set(workspace, "fresh"), another_set(workspace, "pruned")
    store = Store(workspace.store_url)
    pruned = store.get(ids["magnitude-0.95"])
    finish(store, replace(spec_of(pruned), data=pruned_too), pruned.result)
    store.close()
    test = open_page("data", data=fresh)
    turned_to(test, "frontier")
    assert box(test, "Data set").value in (ids["data"], pruned_too)  # the new one has no networks
    turned_to(test, "training")
    assert box(test, "Data set").value == fresh


def test_views_of_two_pages_do_not_change_each_other(filled_home, open_page):
    _, ids = filled_home
    test = open_page("pruning", view="sweep")
    test.query_params["points"] = ids["magnitude-0.95"]
    turned_to(test, "frontier")
    turned_to(test, "pruning")
    assert next(each for each in test.button_group if each.key == "prune-view").value == "sweep"


def test_a_network_is_pruned_and_federated_from_the_run_it_stands_beside(filled_home, open_page):
    _, ids = filled_home
    test = open_page("training", run=ids["dense"])
    queries = {link.proto.label: link.proto.query_string for link in test.get("page_link")}
    assert {f"data={ids['data']}", f"dense={ids['dense']}"} <= {*queries["Prune it"].split("&")}
    assert {f"data={ids['data']}", f"start={ids['dense']}"} <= {*queries["Federate it"].split("&")}


def test_a_comparison_that_was_stopped_stays_stopped(filled_home, open_page):
    workspace, ids = filled_home
    points = f"{ids['magnitude-0.8']},{ids['random-0.95']}"
    test = open_page("frontier", points=points, compare="Predictions")
    store = Store(workspace.store_url)
    asked = next(job for job in store.jobs(kind="behaviour") if job.state == "queued")
    assert asked.priority == 10  # somebody looks at it: before what a sweep still has to do
    store.stop(asked.id)
    test.run()
    assert store.get(asked.id).state == "stopped"
    button(test, "Resume").click().run()
    assert store.get(asked.id).state == "queued"
    store.close()


def test_a_second_tab_keeps_the_notes_of_the_first(filled_home, open_page):
    workspace, _ = filled_home
    first, second = open_page("report"), open_page("report")
    intro, other = first.text_area[0], second.text_area[1]
    intro.set_value("words of the first tab").run()
    other.set_value("words of the second").run()
    second.text_input[0].set_value("A title").run()
    [kept] = workspace.notes.glob("*.json")
    assert sorted(notes.load(workspace.notes, kept.stem).values()) == [
        "words of the first tab",
        "words of the second",
    ]


def test_a_competition_needs_no_trained_network(empty_home, open_page):
    digest = datasets.save(empty_home, dataset())
    test = open_page("pruning", data=digest, view="compete")
    assert not test.exception
    assert any("Minutes" in each.label for each in test.number_input)


def test_a_time_that_an_earlier_competition_has_shown_to_be_too_short_cannot_be_started(
    filled_home, open_page
):
    workspace, ids = filled_home
    test = open_page("pruning", data=ids["data"], view="compete")
    minutes = next(each for each in test.number_input if each.label == "Minutes")
    minutes.set_value(1).run()
    assert not button(test, "Compete").disabled  # nobody knows yet what an epoch takes here
    store = Store(workspace.store_url)
    finish(store, TimingSpec(data=ids["data"], of="an earlier one"), TimingResult(20.0, 60.0))
    store.close()
    test.run()
    assert button(test, "Compete").disabled
    [said] = [each.value for each in test.warning]
    assert said.startswith("1 minute is too short")
    assert "at least 3 minutes" in said
    next(each for each in test.number_input if each.label == "Minutes").set_value(3).run()
    assert not button(test, "Compete").disabled
    assert not test.warning


def test_shares_that_leave_no_time_for_the_last_run_are_refused_on_the_page(filled_home, open_page):
    _, ids = filled_home
    test = open_page("pruning", data=ids["data"], view="compete")
    inputs = {each.label: each for each in test.number_input}
    inputs["Dense share"].set_value(0.8)
    inputs["Search share"].set_value(0.5)
    button(test, "Compete").click().run()
    assert not test.exception
    assert any("leave less than 10% of the time" in each.value for each in test.error)
    assert "run" not in test.query_params


def test_who_has_what_is_drawn_as_the_run_will_draw_it(empty_home, open_page):
    test = open_page("federated")
    test.session_state["federated-data"] = True
    test.run()
    assert not test.exception


def test_a_report_is_on_the_data_set_used_last_and_names_it(filled_home, open_page):
    """Not on that with most runs, which is often the sample."""
    workspace, ids = filled_home
    mine = another_set(workspace, "my leaves")
    store = Store(workspace.store_url)
    pruned = store.get(ids["magnitude-0.95"])
    spec = replace(spec_of(pruned), data=mine)
    run = finish(store, spec, pruned.result)
    store.close()
    test = open_page("data", data=mine)
    turned_to(test, "report")
    assert box(test, "Data set").value == mine
    assert run in test.multiselect[0].value
    assert ids["magnitude-0.95"] not in test.multiselect[0].value
    assert test.text_input[0].value == "Pruning and federated learning: my leaves"
    assert any("Networks measured on my leaves" in each.value for each in test.caption)
    box(test, "Data set").set_value(ids["data"]).run()
    assert run not in test.multiselect[0].value
    assert ids["magnitude-0.95"] in test.multiselect[0].value


def test_a_finished_competition_offers_its_winner_more_time(filled_home, open_page):
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    winner = network_of(store.get(ids["magnitude-0.95"]))
    tried = (Entry(dict(START), 9, 0.79, 0.95, 0.87, 300.0),)
    result = CompeteResult(ids["dense"], winner.job.id, tried, winner.point)
    run = finish(store, CompeteSpec(data=ids["data"], minutes=10), result)
    test = open_page("pruning", data=ids["data"], view="compete", run=run)
    button(test, "Give it another 10 minutes").click().run()
    assert not test.exception
    (new,) = [job for job in store.jobs(kind=CompeteSpec.kind) if job.id != run]
    store.close()
    assert (spec_of(new).after, spec_of(new).minutes) == (run, 10.0)
