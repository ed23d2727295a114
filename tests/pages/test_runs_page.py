"""Runs: what is listed and counted, and what the details of a sweep say."""

import pytest

from core.data import store as datasets
from core.jobs.store.store import Child, Store
from core.pruning.plan import PrunePlan
from core.pruning.search.spec import CompeteResult, CompeteSpec, SweepSpec
from core.pruning.spec import PruneSpec
from core.runs.finished.networks import network_of
from core.training.spec import TrainSpec
from tests.jobs.told import told
from tests.pages.conftest import all_text, button
from tests.runs.finished_lab import dataset, federated_result, finish
from tests.runs.histories import history

pytestmark = pytest.mark.slow  # whole pages

METHODS = ("magnitude", "snip")
PLAN = PrunePlan(method="snip", sparsity=0.8, epochs=1)


@pytest.fixture
def sweep(empty_home):
    """A sweep of two parts, one of which was stopped, and an answer of the explorer."""
    store = Store(empty_home.store_url)
    data = datasets.save(empty_home, dataset())
    sweep = SweepSpec(data=data, methods=METHODS, sparsities=(0.8,), epochs=1)
    id = store.submit(sweep, 0)
    prune = PruneSpec(data=data, dense="0" * 16, plan=PLAN)
    part, _ = store.submit_children(id, [Child(prune, 0), Child(TrainSpec(data=data), 0)])
    store.submit(told("preview", {"method": "snip"}), 0)
    store.stop(part.id)
    (empty_home.artifacts(part.id)).mkdir(parents=True)
    (empty_home.artifacts(part.id) / "file").write_bytes(b"x" * 2000)
    empty_home.log(part.id).write_text("the last words of a part")
    yield id
    store.close()


def test_a_filter_without_matches_says_so_and_leads_to_the_others(sweep, open_page):
    test = open_page("runs")
    test.button_group(key="runs-states").set_value(["failed"]).run()
    assert "No failed runs" in all_text(test)
    assert "No runs yet" not in all_text(test)
    button(test, "Show all 1").click().run()
    assert "Sweep: Magnitude, SNIP at 80%" in all_text(test).replace("\\", "")


def test_only_listed_runs_are_counted(sweep, open_page):
    assert "1 run in" in all_text(open_page("runs"))
    assert "0 running, 1 queued" in all_text(open_page("home"))


def test_the_details_of_a_sweep_show_its_failed_parts_and_all_it_holds(sweep, open_page):
    test = open_page("runs", run=sweep)
    text = all_text(test).replace("\\", "")
    assert "1 part did not finish" in text
    assert "Pruning: SNIP 80.0%, 1 epoch, seed 0" in text
    assert "On disk, its 2 parts included: 2 kB of results" in text
    assert "attempt" not in text
    (table,) = (each.value for each in test.dataframe)
    rows = list(table.itertuples(index=False, name=None))
    assert ("network", "trained first") in rows
    assert ("data set", "tiny garments") in rows


def test_a_tour_with_failed_parts_leads_to_their_reasons(sweep, open_page):
    test = open_page("home", sweep=sweep)
    assert "1 point did not finish" in all_text(test)
    assert not test.error, [each.value for each in test.error]
    assert any("See why" in str(each.proto) for each in test.get("page_link"))


def test_details_stand_alone_at_the_top_and_lead_back_to_the_list(filled_home, open_page):
    """Below a list of forty runs nobody sees them."""
    _, ids = filled_home
    test = open_page("runs", run=ids["magnitude-0.95"])
    assert [each.label for each in test.button][:1] == ["All runs"]
    assert not [each for each in test.button_group if each.key == "runs-states"]
    button(test, "All runs").click().run()
    assert [each for each in test.button_group if each.key == "runs-states"]


def test_the_run_that_another_page_shows_does_not_hide_the_list(filled_home, open_page):
    _, ids = filled_home
    test = open_page("training", run=ids["dense"])
    test.switch_page("runs.py")
    test.query_params.clear()
    test.run()
    assert test.session_state["run"] == ids["dense"]
    assert [each for each in test.button_group if each.key == "runs-states"]


def links(test):
    return {link.proto.label: link.proto.query_string for link in test.get("page_link")}


def test_a_federated_runs_details_have_its_curves_and_a_link(filled_home, open_page):
    workspace, _ = filled_home
    store = Store(workspace.store_url)
    run = store.jobs(kind="federate")[0].id
    store.close()
    test = open_page("runs", run=run)
    assert not test.error, [each.value for each in test.error]
    assert "What each run needed" in all_text(test)
    assert f"run={run}" in links(test)["Open on Federated"]


def test_a_federated_runs_table_calls_its_data_by_name(filled_home, open_page):
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    made = history("", [0.1, 0.4, 0.6], data=ids["data"])
    run = finish(store, made.spec, federated_result(made))
    store.close()
    (table,) = open_page("runs", run=run).dataframe[:1]
    assert table.value["run"].tolist() == ["FedAvg (1 local epoch) on tiny garments"]


def test_a_competitions_details_have_its_score_and_its_winner(filled_home, open_page):
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    best = store.get(ids["magnitude-0.95"])
    point = network_of(best).point
    result = CompeteResult(dense=ids["dense"], best=best.id, tried=(), point_of_best=point)
    run = finish(store, CompeteSpec(data=ids["data"], minutes=1.0), result)
    store.close()
    test = open_page("runs", run=run)
    assert not test.error, [each.value for each in test.error]
    shown = {each.label: each.value for each in test.metric}
    assert shown["Holdout score"] == f"{point.score:.3f}"
    files = [b for b in test.get("download_button") if "my_model_weights.h5" in b.label]
    assert "the assignment takes it under this name" in files[0].proto.help


def test_a_sweeps_settings_are_in_the_words_of_the_pages(sweep, open_page):
    (table,) = open_page("runs", run=sweep).dataframe[:1]
    values = dict(zip(table.value["setting"], table.value["value"], strict=True))
    assert values["styles"] == "default"


def test_every_kind_of_run_that_a_page_shows_leads_to_it(filled_home, open_page):
    _, ids = filled_home
    test = open_page("runs", run=ids["magnitude-0.95"])
    assert f"points={ids['magnitude-0.95'][:8]}" in links(test)["Compare on Frontier"]
    assert f"dense={ids['dense']}" in links(test)["Open on Prune"]
    assert f"run={ids['dense']}" in links(open_page("runs", run=ids["dense"]))["Open on Train"]


def test_a_run_is_deleted_only_after_a_question_that_can_be_cancelled(filled_home, open_page):
    workspace, ids = filled_home
    test = open_page("runs", run=ids["random-0.95"])
    button(test, "Delete run").click().run()
    assert "cannot be undone" in all_text(test)
    assert {"Delete", "Cancel"} <= {each.label for each in test.button}
    button(test, "Cancel").click().run()
    assert "cannot be undone" not in all_text(test)
    store = Store(workspace.store_url)
    assert store.exists(ids["random-0.95"])
    store.close()


def test_the_row_of_a_finished_run_stays_where_its_progress_was(filled_home, open_page):
    _, ids = filled_home
    test = open_page("training", data=ids["data"], run=ids["dense"])
    (row,) = test.get("progress")
    assert row.proto.value == 100
    assert row.proto.text.startswith("took ")


def table(test):
    """Return the table of runs as it is shown."""
    return next(each.value for each in test.dataframe if "Name" in each.value)


def test_all_runs_are_rows_that_can_be_searched_and_filtered_by_the_address(filled_home, open_page):
    test = open_page("runs")
    assert len(table(test)) == 11
    test.text_input(key="runs-words").set_value("l1 filter garments").run()
    assert table(test)["Method"].tolist() == ["L1 filter", "L1 filter"]
    assert test.query_params["q"] == "l1 filter garments"
    test.multiselect(key="runs-kinds").set_value(["federate"]).run()
    assert "No run fits." in all_text(test)
    test = open_page("runs", kind="federate", state="done")
    assert set(table(test)["Kind"]) == {"Federated run"}
    assert test.button_group(key="runs-states").value == ["done"]


def test_columns_and_order_are_kept_in_the_workspace(filled_home, open_page):
    test = open_page("runs")
    test.multiselect(key="runs-columns").set_value(["name", "score"]).run()
    test.selectbox(key="runs-sort").set_value("score").run()
    test = open_page("runs")
    assert table(test).columns.tolist() == ["open", "Name", "Score"]
    assert table(test)["Score"].tolist()[0] == table(test)["Score"].max()
    test.multiselect(key="runs-columns").set_value([]).run()
    assert "Choose at least one" in test.error[0].value
    assert table(test).columns.tolist() == ["open", "Name", "Score"]


def test_tags_stand_in_sight_once_a_run_has_one(filled_home, open_page):
    _, ids = filled_home
    usual = table(open_page("runs")).columns.tolist()
    assert (usual[:3], usual[-1]) == (["open", "Name", "State"], "Tags")
    test = open_page("runs", run=ids["dense"])
    next(each for each in test.text_input if each.label == TAGS).set_value("course")
    button(test, "Save").click().run()
    listed = table(open_page("runs")).columns.tolist()
    assert listed[:4] == ["open", "Name", "State", "Tags"]
    assert sorted(listed) == sorted(usual)


def test_a_run_is_renamed_tagged_and_noted_and_has_its_name_on_other_pages(filled_home, open_page):
    _, ids = filled_home
    test = open_page("runs", run=ids["dense"])
    name, tags = (each for each in test.text_input if each.label in ("Name", TAGS))
    name.set_value("The *star*")
    tags.set_value("course, paper")
    test.text_area[0].set_value("To keep.")
    button(test, "Save").click().run()
    assert test.subheader[0].value == "The \\*star\\*"
    assert "Training: Course, seed 0" in all_text(test).replace("\\", "")
    listed = table(open_page("runs", tag="paper"))
    assert listed["Name"].tolist() == ["The *star*"]
    assert [list(tags) for tags in listed["Tags"]] == [["course", "paper"]]
    choices = open_page("training", data=ids["data"]).selectbox
    assert any(option.startswith("The *star*") for each in choices for option in each.options)


TAGS = "Tags, separated by commas"


def selected(open_page, *ids, **parameters):
    """Return the page with these runs selected, as clicks in the browser leave it."""
    test = open_page("runs", **parameters)
    test.session_state["runs-chosen"] = list(ids)
    return test.run()


def test_several_runs_are_deleted_after_one_question_that_says_what_goes(filled_home, open_page):
    workspace, ids = filled_home
    doomed = [ids["random-0.95"], ids["dense"]]
    test = selected(open_page, *doomed)
    assert "2 runs selected" in all_text(test)
    button(test, "Delete").click().run()
    assert "2 runs: weights, histories and logs are deleted." in all_text(test)
    assert "5 other runs started from these networks" in all_text(test)
    next(b for b in test.button if b.key == "confirm:Delete").click().run()
    assert [each.value for each in test.success] == ["2 runs deleted\\."]
    store = Store(workspace.store_url)
    assert not any(store.exists(id) for id in doomed)
    store.close()
    assert len(table(test)) == 9


def test_another_run_puts_no_neighbour_in_the_place_of_a_selected_one(filled_home, open_page):
    workspace, ids = filled_home
    test = selected(open_page, ids["magnitude-0.98"])
    before = next(each.proto.id for each in test.dataframe if "Name" in each.value)
    store = Store(workspace.store_url)
    store.submit(TrainSpec(data=ids["data"]), 5)
    store.close()
    test.run()
    assert "1 run selected: Magnitude 98.0%" in all_text(test).replace("\\", "")
    assert len(table(test)) == 12
    # Another table for the browser: its old one would keep the old positions selected.
    assert before != next(each.proto.id for each in test.dataframe if "Name" in each.value)


def test_runs_are_tagged_and_stopped_together(filled_home, open_page):
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    living = store.submit(TrainSpec(data=ids["data"]), 5)
    test = selected(open_page, living, ids["dense"])
    button(test, "Add").click().run()
    assert [each.value for each in test.error] == [
        r"No tag is written\. Write one, or several separated by commas\."
    ]
    test.text_input(key="tags-of-selected").set_value("course")
    button(test, "Add").click().run()  # one click, the text is still being written
    assert {store.get(id).annotation.tags for id in (living, ids["dense"])} == {("course",)}
    test = selected(open_page, living, ids["dense"], tag="course")
    assert len(table(test)) == 2
    next(b for b in test.button if b.key == "stop-selected").click().run()
    assert [each.value for each in test.success] == ["1 run asked to stop\\."]
    assert store.get(living).state == "stopped"
    store.close()


def test_selected_networks_are_compared_on_frontier(filled_home, open_page):
    _, ids = filled_home
    chosen = [ids["magnitude-0.95"], ids["random-0.95"]]
    test = selected(open_page, *chosen)
    button(test, "Compare networks").click().run()
    assert set(test.query_params["points"].split(",")) == {id[:8] for id in chosen}
    assert test.query_params["data"] == ids["data"]
    alone = button(selected(open_page, chosen[0]), "Compare networks")
    assert alone.disabled
    assert alone.help == "1 measured network selected: two or more can be compared."


def test_selected_histories_are_laid_over_one_another(filled_home, open_page):
    workspace, _ = filled_home
    store = Store(workspace.store_url)
    runs = [job.id for job in store.jobs(kind="federate")][:2]
    store.close()
    test = selected(open_page, *runs)
    button(test, "Overlay curves").click().run()
    assert test.query_params["view"] == "overlay"
    assert set(test.query_params["runs"].split(",")) == {id[:8] for id in runs}
    assert test.multiselect(key="overlay-runs").value == runs
    assert "1 setting differs" in all_text(test)
    (settings,) = (each.value for each in test.dataframe if "run" in each.value)
    assert settings["local epochs"].tolist() == ["1", "20"]
    test.slider(key="overlay-smooth").set_value(0.6).run()
    test.toggle(key="overlay-log").set_value(True).run()
    assert (test.query_params["smooth"], test.query_params["log"]) == ("0.6", "yes")
    button(test, "All runs").click().run()
    assert len(table(test)) == 11


def test_an_overlay_says_that_it_draws_the_first_twelve_of_a_large_sweep(filled_home, open_page):
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    sparsities = tuple(n / 20 for n in range(1, 14))
    spec = SweepSpec(data=ids["data"], dense=ids["dense"], methods=("snip",), sparsities=sparsities)
    sweep = store.submit(spec, 0)
    plans = [PrunePlan(method="snip", sparsity=sparsity) for sparsity in sparsities]
    prunes = [PruneSpec(data=ids["data"], dense=ids["dense"], plan=plan) for plan in plans]
    parts = store.submit_children(sweep, [Child(prune, 0) for prune in prunes])
    for part in parts:
        store.stop(part.id)
    store.close()
    test = open_page("runs", view="overlay", runs=sweep[:8])
    assert "The first 12 curves are drawn" in all_text(test)
    assert "12 runs have ended without curves" in all_text(test)  # stopped before they began
    assert "first epoch" not in all_text(test)


def test_without_a_selection_the_runs_are_chosen_on_the_overlay(filled_home, open_page):
    _, ids = filled_home
    test = open_page("runs")
    button(test, "Overlay curves").click().run()
    assert "Choose trainings" in all_text(test)
    test.multiselect(key="overlay-runs").set_value([ids["dense"]]).run()
    assert test.query_params["runs"] == ids["dense"][:8]


def test_an_overlays_address_says_what_is_not_here_and_shows_the_rest(filled_home, open_page):
    workspace, _ = filled_home
    store = Store(workspace.store_url)
    run = store.jobs(kind="federate")[0].id
    store.close()
    test = open_page("runs", view="overlay", runs=f"{run[:8]},00000000", smooth="nonsense")
    assert "1 run of this address" in test.warning[0].value
    assert test.multiselect(key="overlay-runs").value == [run]
    assert test.slider(key="overlay-smooth").value == 0.0
    assert "Choose trainings" in all_text(open_page("runs", view="overlay"))
