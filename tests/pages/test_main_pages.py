"""Home, Data, Train, Prune and Runs: what they say when empty, and what their forms submit."""

import re

import numpy as np
import pytest

from core.archives.limits import LIMITS, MIB
from core.data import store as datasets
from core.data.builtin_datasets import garments
from core.jobs.store.store import Store
from core.pruning.preview.spec import LayerView, PreviewResult, PreviewSpec
from core.runs.specs import spec_of
from core.training.recipe import PRESETS
from core.training.spec import TrainSpec
from tests.pages.conftest import all_text, button
from tests.runs.finished_lab import finish

pytestmark = pytest.mark.slow  # whole pages


def jobs(workspace, kind):
    store = Store(workspace.store_url)
    found = store.jobs(kind=kind)
    store.close()
    return found


@pytest.mark.parametrize("name", ["home", "data", "training", "pruning", "runs"])
def test_an_empty_lab_says_what_to_do_and_complains_about_nothing(name, empty_home, open_page):
    test = open_page(name)
    assert not test.exception
    assert not test.error
    assert test.title


@pytest.mark.parametrize("name", ["home", "data", "training", "pruning", "runs"])
def test_a_full_lab_opens_on_every_page(name, filled_home, open_page):
    test = open_page(name)
    assert not test.exception
    assert not test.error, [each.value for each in test.error]


def test_the_formats_and_limits_stand_before_the_upload(empty_home, open_page):
    test = open_page("data")
    assert "train_images.pkl" in all_text(test)
    assert (
        f"Up to {LIMITS.upload_bytes // MIB} MB, {LIMITS.unpacked_bytes // MIB} MB unpacked"
        in test.file_uploader[0].label
    )


def test_a_broken_upload_is_refused_with_the_remedy_and_stores_nothing(empty_home, open_page):
    test = open_page("data")
    test.file_uploader[0].upload("data.tar.gz", b"not an archive", "application/gzip").run()
    assert "neither a .tar.gz, .zip nor .npz" in test.error[0].value.replace("\\", "")
    assert datasets.list_stored(empty_home) == []
    test.switch_page("learn.py").run()
    assert not test.switch_page("data.py").run().error  # of another visit


def test_an_upload_is_stored_and_shown_with_its_classes(empty_home, open_page, tmp_path):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 255, (40, 8, 8, 3), dtype=np.uint8), np.arange(40) % 2
    path = tmp_path / "two.npz"
    np.savez(path, train_images=images[:30], train_labels=labels[:30],
             val_images=images[30:], val_labels=labels[30:])  # fmt: skip
    test = open_page("data")
    test.file_uploader[0].upload("two.npz", path.read_bytes(), "application/zip").run()
    (stored,) = datasets.list_stored(empty_home)
    assert (stored.train, stored.validation, stored.image_shape) == (30, 10, (8, 8, 3))
    assert test.query_params["data"] == stored.digest
    assert "two.npz · 30 training images" in test.selectbox[0].options
    assert "training images repeat" in all_text(test)
    assert "0 test images are" not in all_text(test)  # there is no test split to check
    assert "30" in [metric.value for metric in test.metric]
    # A second upload changes little below: the page says at its top that it worked.
    assert [each.value.replace("\\", "") for each in test.success] == [
        "40 images stored as “two.npz”."
    ]
    primary = [each.label for each in test.button if each.proto.type == "primary"]
    assert primary == ["Train on it"]
    button(test, "Train on it").click().run()
    assert not test.success
    assert test.title[0].value == "Train"


def test_the_sample_is_one_click_away(empty_home, open_page):
    test = open_page("training")
    button(test, "Use the sample").click().run()
    (stored,) = datasets.list_stored(empty_home)
    assert stored.name == "Garments"


def test_start_submits_the_preset_and_the_address_names_the_run(empty_home, open_page):
    digest = datasets.save(empty_home, garments())
    test = open_page("training", data=digest)
    button(test, "Start").click().run()
    (job,) = jobs(empty_home, "train")
    assert spec_of(job) == TrainSpec(data=digest, recipe=PRESETS["quick"])
    assert job.seed == 0
    assert test.query_params["run"] == job.id


def test_a_second_start_of_the_same_is_the_same_job(empty_home, open_page):
    digest = datasets.save(empty_home, garments())
    test = open_page("training", data=digest)
    button(test, "Start").click().run()
    button(test, "Start").click().run()
    assert len(jobs(empty_home, "train")) == 1


def test_starting_what_is_done_already_says_so(filled_home, open_page):
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    spec = TrainSpec(data=ids["data"], recipe=PRESETS["quick"])
    finish(store, spec, store.get(ids["dense"]).result)
    store.close()
    test = open_page("training", data=ids["data"])
    assert "trained already" not in all_text(test)
    button(test, "Start").click().run()
    assert "Already run; the saved result is shown" in all_text(test)
    assert "trained already" not in all_text(test.run())  # said once


def test_stop_acts_on_a_queued_run_and_resume_queues_it_again(empty_home, open_page):
    digest = datasets.save(empty_home, garments())
    test = open_page("training", data=digest)
    button(test, "Start").click().run()
    button(test, "Stop").click().run()
    assert jobs(empty_home, "train")[0].state == "stopped"
    button(test, "Resume").click().run()
    assert jobs(empty_home, "train")[0].state == "queued"


def test_a_sweep_says_what_it_costs_before_it_starts(filled_home, open_page):
    workspace, ids = filled_home
    test = open_page("pruning", view="sweep", data=ids["data"], dense=ids["dense"])
    assert "networks**" in all_text(test) or "networks, about" in all_text(test)
    before = len(jobs(workspace, "sweep"))
    button(test, "Start").click().run()
    newest = jobs(workspace, "sweep")[0]
    assert len(jobs(workspace, "sweep")) == before + 1
    spec = spec_of(newest)
    assert (spec.dense, spec.sparsities) == (ids["dense"], (0.8, 0.9, 0.95))


def test_the_explorer_says_what_it_compares_with_and_on_how_many_images(filled_home, open_page):
    workspace, ids = filled_home
    spec = PreviewSpec(data=ids["data"], dense=ids["dense"], with_images=True)
    answer = PreviewResult(
        accuracy=0.841, dense_accuracy=0.836, images=1000, seconds=0.3, sparsity=0.5, score=0.67,
        reconstructed=False, plan=spec.plan,
        layers=(LayerView("conv1", 8, 4, 4, 4), LayerView("conv2", 100, 93, 4, 4)),
    )  # fmt: skip
    store = Store(workspace.store_url)
    finish(store, spec, answer)
    store.close()
    test = open_page("pruning", view="explore", data=ids["data"], dense=ids["dense"])
    text = all_text(test).replace("\\", "")
    assert "+0.5 points" in [metric.value for metric in test.metric]
    # Setting each layer begins with what the answer removed of it, not with one value for all.
    next(each for each in test.toggle if each.label == "Set the sparsity of each layer").set_value(
        True
    ).run()
    sliders = {each.label: each.value for each in test.slider}
    assert sliders["conv1"] == 0.5
    assert sliders["conv2"] == 0.93
    assert "the dense network's 83.6% on the same 1,000 validation images" in text


def test_recent_runs_lead_to_their_details_and_have_no_empty_column(filled_home, open_page):
    test = open_page("home")
    (table,) = test.dataframe
    assert "Validation accuracy" not in table.value.columns  # nothing here has a curve
    assert table.proto.selection_mode  # a click on a row is an answer


def test_a_link_to_a_run_that_is_gone_is_answered_with_a_sentence(filled_home, open_page):
    test = open_page("runs", run="../../etc/passwd")
    assert not test.exception
    assert "There is no run" in test.error[0].value.replace("\\", "")


def test_a_link_to_a_data_set_that_is_gone_shows_another(filled_home, open_page):
    _, ids = filled_home
    test = open_page("data", data="ffffffffffffffff")
    assert not test.exception
    assert test.query_params["data"] == ids["data"]


def test_a_sweep_takes_sparsities_that_no_button_has(filled_home, open_page):
    workspace, ids = filled_home
    test = open_page("pruning", view="sweep", data=ids["data"], dense=ids["dense"])
    others = next(each for each in test.text_input if each.label.startswith("Other sparsities"))
    others.set_value("96, 98.5").run()
    button(test, "Start").click().run()
    assert not test.exception
    newest = spec_of(jobs(workspace, "sweep")[0])
    assert newest.sparsities == (0.8, 0.9, 0.95, 0.96, 0.985)
    others.set_value("101").run()
    assert any("is no sparsity" in each.value for each in test.error)


def test_a_tour_whose_sweep_is_gone_says_so_and_leads_back(empty_home, open_page):
    test = open_page("home", sweep="0123456789abcdef")
    assert "There is no run" in test.error[0].value.replace("\\", "")
    button(test, "Back to the start").click().run()
    assert not test.error
    assert "How small" in all_text(test)


def test_deleting_a_data_set_asks_first(filled_home, open_page):
    workspace, ids = filled_home
    test = open_page("data", data=ids["data"])
    button(test, "Delete this data set").click().run()
    assert [entry.digest for entry in datasets.list_stored(workspace)] == [ids["data"]]


def test_a_damaged_data_set_can_be_deleted_as_its_message_asks(filled_home, open_page):
    workspace, ids = filled_home
    (workspace.datasets / ids["data"] / "train_images.npy").write_bytes(b"")
    test = open_page("data", data=ids["data"])
    assert not test.exception
    said = test.error[0].value.replace("\\", "")
    assert "damaged on disk. Delete it and upload it again" in said
    button(test, "Delete this data set").click().run()
    assert button(test, "Delete").key == "confirm:Delete"
    datasets.delete(workspace, ids["data"])
    assert datasets.list_stored(workspace) == []


def test_the_first_visit_starts_with_pictures_and_one_button(empty_home, open_page):
    test = open_page("home")
    button(test, "Try the sample").click().run()
    assert "6,000 training images" in all_text(test)
    button(test, "Start").click().run()
    (job,) = jobs(empty_home, "sweep")
    spec = spec_of(job)
    assert (spec.dense, spec.epochs) == (None, 1)
    assert test.query_params["sweep"] == job.id


def links(test):
    return [each.proto.label.replace("\\", "") for each in test.get("page_link")]


def test_who_comes_back_sees_their_own_frontier_and_what_to_do_next(filled_home, open_page):
    test = open_page("home")
    assert not test.error, [each.value for each in test.error]
    assert test.title[0].value == "Home"
    text = all_text(test).replace("\\", "")
    assert "3 of 7 networks on the front" in text
    assert "A finished run." not in text  # the sample's caption
    assert "Next" in [each.value for each in test.subheader]
    assert "Repeat with more seeds" in links(test)
    assert sum(label.startswith("Score 0.") for label in links(test)) == 3
    assert "Since your last visit" not in text  # nobody was here before


def test_what_runs_and_what_ended_since_the_last_visit_is_listed(filled_home, open_page):
    workspace, ids = filled_home
    workspace.visits.write_text('{"since": null, "seen": 1}')
    store = Store(workspace.store_url)
    store.submit(TrainSpec(data=ids["data"], recipe=PRESETS["quick"]), 0)
    store.close()
    test = open_page("home")
    assert not test.error, [each.value for each in test.error]
    headings = [each.value for each in test.subheader]
    assert "Running now" in headings
    assert "Since your last visit" in headings
    assert button(test, "Stop")
    assert re.search(r"just now| ago\b", all_text(test))


def test_the_first_visit_is_greeted_as_ever_and_notes_nothing(empty_home, open_page):
    test = open_page("home")
    assert "How small" in test.title[0].value
    assert "A finished run." in all_text(test)
    assert not empty_home.visits.exists()


def test_a_finished_sweep_says_which_settings_mattered(filled_home, open_page):
    _, ids = filled_home
    test = open_page("pruning", view="sweep", data=ids["data"], dense=ids["dense"])
    assert "Which settings mattered" in [each.label for each in test.expander]
    assert "tries cannot tell" not in all_text(test)  # computed when it is asked for
    test.session_state["frontier:settings"] = True
    assert "6 tries cannot tell which of 2 settings mattered" in all_text(test.run())
