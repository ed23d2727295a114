"""What a cut forgot, on the pages: the explorer's strip, a card's, and who is asked for it."""

import numpy as np
import pytest

from core.evaluation.forgetting import curve_of, write_curve
from core.evaluation.forgotten import forgotten, write_answers
from core.networks.formats import keras_h5
from core.pruning.preview.spec import (
    ForgettingResult,
    ForgettingSpec,
    LayerView,
    PreviewResult,
    PreviewSpec,
)
from core.runs.specs import result_of, spec_of
from tests.pages.conftest import all_text, answers, button
from tests.runs.finished_lab import CLASSES, finish, pruned_weights, settle

pytestmark = pytest.mark.slow  # whole pages


def test_the_explorer_says_what_became_of_the_images(filled_home, store, open_page):
    workspace, ids = filled_home
    spec = PreviewSpec(data=ids["data"], dense=ids["dense"], with_images=True)
    found = forgotten(answers(), CLASSES)
    answer = PreviewResult(
        accuracy=0.5, dense_accuracy=0.5, images=4, seconds=0.3, sparsity=0.5, score=0.5,
        reconstructed=False, plan=spec.plan, layers=(LayerView("conv1", 8, 4, 4, 4),),
        forgotten=found,
    )  # fmt: skip
    job_id = finish(store, spec, answer)
    pictures = np.zeros((4, 5, 5, 1), np.float32)
    write_answers(workspace.artifacts(job_id), found, answers(), pictures)
    test = open_page("pruning", view="explore", data=ids["data"], dense=ids["dense"])
    assert not test.exception
    assert "Of 4 validation images (of 40), 1 is newly wrong and 1 newly right." in all_text(test)
    assert "50.0% on the same 4 validation images (of 40)." in all_text(test)
    slider = next(each for each in test.slider if each.label == "Sparsity")
    slider.set_value(0.7).run()  # the last answer stays in sight until the next one is there
    assert not test.exception
    assert "Pruning…" in all_text(test)
    assert "Starting: the first preview" not in all_text(test)
    assert "50.0% on the same 4 validation images (of 40)." in all_text(test)


def test_the_card_of_a_pruned_network_asks_what_it_forgot_and_a_dense_one_does_not(
    filled_home, store, open_page
):
    ids = filled_home[1]
    for point in (ids["dense"], ids["magnitude-0.95"]):
        test = open_page("frontier", data=ids["data"], points=point)
        assert not test.exception
    (asked,) = store.jobs(kind="forgotten")
    told = asked.settings["network"], asked.settings["dense"]
    assert told == (ids["magnitude-0.95"], ids["dense"])


def test_the_first_forgotten_are_asked_for_when_the_place_is_opened_and_shown_as_a_grid(
    filled_home, store, open_page
):
    workspace, ids = filled_home
    asked = {"data": ids["data"], "dense": ids["dense"]}
    answer = PreviewResult(
        accuracy=0.5, dense_accuracy=0.5, images=4, seconds=0.3, sparsity=0.5, score=0.5,
        reconstructed=False, plan=PreviewSpec(**asked).plan, layers=(),
    )  # fmt: skip
    finish(store, PreviewSpec(**asked, with_images=True), answer)
    curve = curve_of([0.5, 0.9], [answers(), answers()])
    told = ForgettingResult("magnitude", (0.5, 0.9), 4, CLASSES, "forgetting.npz")
    job_id = finish(store, ForgettingSpec(**asked), told)
    write_curve(workspace.artifacts(job_id), curve, np.zeros((4, 5, 5, 1), np.float32))
    test = open_page("pruning", view="explore", **{k: str(v) for k, v in asked.items()})
    assert "have fallen" not in all_text(test)
    test.session_state["first-forgotten"] = True
    test.run()
    assert not test.exception
    text = all_text(test).replace("\\", "")
    assert "Of 2 images that the dense network classifies correctly, 1 has fallen by 50%" in text
    next(each for each in test.selectbox if each.label == "Change").set_value("newly right").run()
    assert "1 image at 50% sparsity" in all_text(test)


def explored(store, ids, **told):
    """Finish the explorer's answer for these settings and return its id."""
    spec = PreviewSpec(data=ids["data"], dense=ids["dense"], with_images=True, **told)
    answer = PreviewResult(
        accuracy=0.61, dense_accuracy=0.7, images=40, seconds=0.3, sparsity=0.5, score=0.5,
        reconstructed=False, plan=spec.plan, layers=(LayerView("conv1", 8, 4, 4, 4),),
        weights="my_model_weights.h5",
    )  # fmt: skip
    return finish(store, spec, answer)


def linked(test):
    return {each.proto.label: each.proto.query_string for each in test.get("page_link")}


def test_a_cut_that_is_looked_at_can_be_fine_tuned_and_downloaded(filled_home, store, open_page):
    workspace, ids = filled_home
    job_id = explored(store, ids)
    keras_h5.write(workspace.artifacts(job_id) / "my_model_weights.h5", pruned_weights(0.5))
    test = open_page("pruning", view="explore", data=ids["data"], dense=ids["dense"])
    assert "Magnitude at 50.0%, 2 epochs of retraining, about" in all_text(test)
    files = [each.proto.label for each in test.get("download_button")]
    assert "Download this cut" in files
    button(test, "Fine-tune this").click().run()
    assert not test.exception
    (asked,) = [job for job in store.jobs(kind="prune") if not job.ended]
    plan = spec_of(asked).plan
    assert (plan.method, plan.sparsity, plan.epochs) == ("magnitude", 0.5, 2)
    # At the place of the click: it waits, then what it has reached, with a link to the run.
    assert "**Fine-tuning** Magnitude 50" in all_text(test)
    assert linked(test)["Open this run"] == f"run={asked.id}"
    assert any("queued" in str(badge.value) for badge in test.markdown)
    settle(store, asked.id, result_of(store.get(ids["magnitude-0.8"])))
    said = all_text(test.run()).replace("\\", "")
    assert "it classifies 77.0% of the holdout images correctly" in said
    assert "of all validation images; score 0." in said
    assert linked(test)["Open this run"] == f"run={asked.id}"


def test_train_says_before_start_how_long_it_takes(filled_home, open_page):
    test = open_page("training", data=filled_home[1]["data"])
    assert "5 epochs, about" in all_text(test)
