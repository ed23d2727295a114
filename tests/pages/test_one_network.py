"""Prune, one network: the form is made from the plan, and submits it."""

import pytest

from core.jobs.store.store import Child, Store
from core.pruning.plan import PrunePlan
from core.pruning.search.spec import SweepResult
from core.pruning.spec import PruneSpec
from core.runs.specs import spec_of
from core.training.recipe import QUICK
from core.training.spec import ImportSpec, TrainSpec
from tests.pages.conftest import all_text, button
from tests.runs.finished_lab import settle

pytestmark = pytest.mark.slow  # whole pages


def test_a_network_is_selected_with_the_keyboard_as_with_a_click(filled_home, open_page):
    _, ids = filled_home
    test = open_page("pruning", data=ids["data"], dense=ids["dense"])
    box = next(each for each in test.selectbox if each.label == "Selected network")
    assert "What did it forget?" not in all_text(test)
    box.set_value(ids["magnitude-0.95"]).run()
    assert "What did it forget?" in all_text(test)
    assert test.query_params["point"] in (ids["magnitude-0.95"], [ids["magnitude-0.95"]])


def test_a_plan_of_ones_own_is_submitted_as_the_form_says(filled_home, open_page):
    workspace, ids = filled_home
    test = open_page("pruning", view="one", data=ids["data"], dense=ids["dense"])
    assert not test.exception
    assert not test.error, [each.value for each in test.error]
    store = Store(workspace.store_url)
    before = {job.id for job in store.jobs(kind="prune")}
    button(test, "Start").click().run()
    (new,) = [job for job in store.jobs(kind="prune") if job.id not in before]
    store.close()
    spec = spec_of(new)
    assert spec.plan == PrunePlan(method="magnitude", settings=spec.plan.settings)
    assert spec.dense == ids["dense"]


def test_several_networks_can_teach_where_there_are_several(filled_home, open_page):
    workspace, ids = filled_home
    test = open_page("pruning", view="one", data=ids["data"], dense=ids["dense"])
    assert not [each for each in test.multiselect if each.label == "Teachers"]
    store = Store(workspace.store_url)
    second = store.submit(TrainSpec(data=ids["data"], recipe=QUICK), 1)
    settle(store, second, store.get(ids["dense"]).result)
    test = open_page("pruning", view="one", data=ids["data"], dense=ids["dense"])
    (teachers,) = [each for each in test.multiselect if each.label == "Teachers"]
    teachers.set_value([ids["dense"], second])
    button(test, "Start").click().run()
    assert not test.exception
    found = [spec_of(job).teachers for job in store.jobs(kind="prune", states=["queued"])]
    assert found == [(ids["dense"], second)]
    store.close()


def test_teachers_of_one_name_are_told_apart(filled_home, open_page):
    """A browser answers with the name: of equal ones another network would teach."""
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    for weights in ("0123456789abcdef", "fedcba9876543210"):
        spec = ImportSpec(data=ids["data"], weights=weights, name="my_model_weights.h5")
        settle(store, store.submit(spec, 0), store.get(ids["dense"]).result)
    store.close()
    test = open_page("pruning", view="one", data=ids["data"], dense=ids["dense"])
    (teachers,) = [each for each in test.multiselect if each.label == "Teachers"]
    assert len(set(teachers.options)) == len(teachers.options) == 3


def test_teachers_without_distillation_are_refused_with_a_sentence(filled_home, open_page):
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    second = store.submit(TrainSpec(data=ids["data"], recipe=QUICK), 1)
    settle(store, second, store.get(ids["dense"]).result)
    store.close()
    test = open_page("pruning", view="one", data=ids["data"], dense=ids["dense"])
    next(each for each in test.multiselect if each.label == "Teachers").set_value([second])
    next(each for each in test.number_input if each.label == "Distillation").set_value(0.0)
    button(test, "Start").click().run()
    assert not test.exception
    assert any("only listened to where distillation" in each.value for each in test.error)


def test_a_combination_that_cannot_be_is_said_and_not_submitted(filled_home, open_page):
    _, ids = filled_home
    test = open_page("pruning", view="one", data=ids["data"], dense=ids["dense"])
    test.selectbox(key="plan-method").set_value("l1_filter").run()
    schedule = next(each for each in test.selectbox if each.label == "Schedule")
    schedule.set_value("gradual").run()
    assert "Choose one_shot or iterative" in test.error[0].value.replace("\\", "")
    assert button(test, "Start").disabled


def test_a_plan_that_was_carried_out_already_is_shown_again(filled_home, open_page):
    workspace, ids = filled_home
    test = open_page("pruning", view="one", data=ids["data"], dense=ids["dense"])
    button(test, "Start").click().run()
    store = Store(workspace.store_url)
    new = store.jobs(kind="prune", states=["queued"])[0]
    settle(store, new.id, store.get(ids["magnitude-0.95"]).result)
    store.close()
    assert "pruned already" not in all_text(test)
    button(test, "Start").click().run()
    assert "Already run; its card is shown below" in all_text(test)
    assert test.query_params["point"] in (new.id, [new.id])


def test_a_sweep_that_is_done_says_so(filled_home, open_page):
    workspace, ids = filled_home
    test = open_page("pruning", view="sweep", data=ids["data"], dense=ids["dense"])
    button(test, "Start").click().run()
    store = Store(workspace.store_url)
    runs = swept(store, ids)
    button(test, "Start").click().run()
    assert "Already run; its networks are among the dots below" in all_text(test)
    sweep = store.jobs(kind="sweep")[0]
    store.delete(runs[1])
    button(test, "Start").click().run()
    assert store.get(sweep.id).state == "queued"  # it makes again what was deleted
    assert "Already run" not in all_text(test)
    store.close()


def swept(store, ids):
    """Finish the one sweep that was started, with all of its networks; return their ids."""
    sweep = store.jobs(kind="sweep")[0]
    found = []
    for run in spec_of(sweep).runs():
        spec = PruneSpec(data=ids["data"], dense=ids["dense"], plan=run.plan)
        (*_, made) = store.submit_children(sweep.id, [Child(spec, run.seed)])
        settle(store, made.id, store.get(ids["magnitude-0.95"]).result)
        found.append(made.id)
    settle(store, sweep.id, SweepResult(dense=ids["dense"], points=tuple(found)))
    return found
