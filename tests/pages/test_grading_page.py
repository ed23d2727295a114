"""The Grade page for a class of 120: states, the problems alone, the spread, a file for each."""

import numpy as np
import pytest

from core.grading.grade import Grade, cause, ranked
from core.grading.spec import GradeSpec
from core.jobs.store.store import Store
from tests.grading.class_exports import PEOPLE
from tests.inputs import networks
from tests.pages.conftest import all_text
from tests.runs.finished_lab import finish, pruned_weights

pytestmark = pytest.mark.slow

BROKEN = "The weights file is damaged or cut short (it ends too early). Save the weights again."


def graded(number: int, name: str) -> Grade:
    """Return a good grade, and for every tenth person one of three problems."""
    if number % 30 == 9:
        return Grade(name, None, None, None, None, 0.0, BROKEN)
    accuracy = 0.5 if number % 30 == 19 else 0.7 + number / 1000
    zeros = 0 if number % 30 == 29 else 550_000
    reached = (accuracy + zeros / 592_933) / 2 if accuracy > 0.6 and zeros else 0.0
    notes = ("The same weights as Li.",) if number % 40 == 0 else ()
    return Grade(name, accuracy, zeros / 592_933, zeros, 592_933, reached, None, notes=notes)


@pytest.fixture
def page(filled_home, open_page):
    workspace, ids = filled_home
    everybody = ranked([graded(number, name) for number, name in enumerate(PEOPLE)])
    store = Store(workspace.store_url)
    result = {"grades": [each.to_dict() for each in everybody], "images": 50}
    job = finish(store, GradeSpec(data=ids["data"], files="0123456789abcdef"), result)
    store.close()
    test = open_page("grading", data=ids["data"], run=job)
    assert not test.exception
    return test


def table(page):
    return next(frame.value for frame in page.dataframe if "Status" in frame.value)


def test_a_class_of_120_is_a_table_with_states_and_reasons(page):
    rows = table(page)
    assert len(rows) == 120
    states = dict(zip(*np.unique(rows["Status"], return_counts=True), strict=True))
    assert states == {"Graded": 108, "Not graded": 4, "Scores 0": 8}
    reasons = {reason for reason in rows["Reason"] if reason}
    assert reasons == {
        "The weights file is damaged or cut short (it ends too early).",
        "Accuracy 50.0% is not above 0.6.",
        "No weight is exactly zero.",
        "The same weights as Li.",
    }
    assert "4 files could not be graded" in all_text(page)


def test_measures_are_numbers_which_a_click_on_their_head_sorts(page):
    rows = table(page)
    for name in ("Accuracy", "Sparsity", "Zeros"):
        assert rows[name].dtype.kind in "fi", name
    assert rows["Accuracy"].max() <= 1


def test_the_problems_are_shown_alone(page):
    (toggle,) = (each for each in page.toggle if each.label.startswith("Problems"))
    assert toggle.label == "Problems and notes only (15 of 120)"
    rows = table(toggle.set_value(True).run())
    assert len(rows) == 15
    assert set(rows["Status"]) == {"Graded", "Not graded", "Scores 0"}
    order = list(page.dataframe[0].proto.column_order)
    assert order[:2] == ["Name", "Reason"], "what is asked of them does not lie beyond the edge"


def test_a_class_is_offered_as_a_zip_and_one_person_as_a_file(page, filled_home, open_page):
    labels = {each.proto.label for each in page.get("download_button")}
    assert "Gradescope results (zip, one each)" in labels
    workspace, ids = filled_home
    store = Store(workspace.store_url)
    result = {"grades": [graded(1, "anna").to_dict(), graded(2, "anna").to_dict()], "images": 9}
    job = finish(store, GradeSpec(data=ids["data"], files="fedcba9876543210"), result)
    store.close()
    one = open_page("grading", data=ids["data"], run=job)
    labels = {each.proto.label for each in one.get("download_button")}
    assert "Gradescope results.json" in labels
    assert "2 files of 1 person on 9 images" in all_text(one)


def test_a_reason_is_the_first_sentence_and_names_no_structure_of_hdf5():
    state, reason = cause(graded(9, "anna"), 0.6)
    assert (state, reason) == ("Not graded", BROKEN.partition(" Save")[0])


def test_a_finished_network_is_offered_for_pytorch_when_asked(filled_home, open_page):
    _, ids = filled_home
    page = open_page("training", data=ids["data"], run=ids["dense"])
    assert not page.exception
    labels = {each.proto.label for each in page.get("download_button")}
    assert not [label for label in labels if label.endswith((".pt", ".safetensors"))]
    (window,) = page.get("popover")
    assert window.proto.popover.label == "PyTorch"
    page.session_state[f"file:{ids['dense']}:torch"] = True  # opened
    opened = page.run()
    labels = {each.proto.label for each in opened.get("download_button")}
    assert {"Download dense.pt", "Download dense.safetensors"} <= labels


def test_the_autograder_is_made_on_request_of_the_images_graded_on(filled_home, open_page):
    _, ids = filled_home
    page = open_page("grading", data=ids["data"])
    assert not page.get("download_button")
    (make,) = [each for each in page.button if each.label == "Make autograder.zip"]
    make.click().run()
    assert not page.exception
    labels = [each.proto.label for each in page.get("download_button")]
    assert [label for label in labels if label.startswith("Download autograder.zip (")]


def test_the_doctor_says_what_is_wrong_with_one_file_and_stores_nothing(filled_home, open_page):
    workspace, ids = filled_home
    page = open_page("grading", data=ids["data"])
    content = networks.legacy(pruned_weights(0))
    uploader = next(u for u in page.file_uploader if u.label == "Weights file to examine")
    uploader.set_value(("my_model_weights.h5", content, "application/x-hdf5"))
    next(n for n in page.number_input if "Claimed sparsity" in n.label).set_value(0.95)
    page.run()
    next(each for each in page.button if each.label == "Examine").click().run()
    assert not page.exception
    (warning,) = [each.value for each in page.warning]
    assert "The network was likely saved before it was trained" in warning
    assert "All 709 biases are zero" in warning.replace("\\", "")
    assert not list(workspace.uploads.iterdir())
