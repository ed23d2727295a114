"""The pages that compare, grade, report and teach, on a lab in which everything has run."""

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.grading.spec import GradeSpec
from core.jobs.store.store import Store
from core.workspace import Workspace
from tests.runs.finished_lab import fill, finish, grades

pytestmark = pytest.mark.slow  # whole pages

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 180  # of a busy machine; nothing here measures time


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A filled workspace and the ids in it."""
    workspace = Workspace(tmp_path_factory.mktemp("lab"))
    return workspace, fill(workspace)


@pytest.fixture
def lab(filled, monkeypatch):
    workspace, ids = filled
    monkeypatch.setenv("PARETO_LAB_HOME", str(workspace.root))
    monkeypatch.delenv("PARETO_LAB_STORE", raising=False)
    return workspace, ids


@pytest.fixture
def empty_lab(tmp_path, monkeypatch):
    monkeypatch.setenv("PARETO_LAB_HOME", str(tmp_path))
    monkeypatch.delenv("PARETO_LAB_STORE", raising=False)
    return Workspace(tmp_path)


def opened(page: str, **parameters: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=TIMEOUT_SECONDS)
    test.switch_page(f"{page}.py")
    for name, value in parameters.items():
        test.query_params[name] = value
    return test.run()


def texts(test: AppTest) -> str:
    parts = [*test.markdown, *test.caption, *test.info, *test.subheader, *test.warning, *test.error]
    return "\n".join(str(part.value) for part in parts)


def fine(test: AppTest) -> AppTest:
    assert not test.exception
    assert not test.error, [error.value for error in test.error]
    return test


def test_compare_names_how_many_networks_are_on_the_front(lab) -> None:
    # dense is beaten by magnitude 80 %, which is more accurate; L1 and random are beaten as well
    assert "3 of 7 networks on the front" in texts(fine(opened("frontier")))


def test_before_the_first_run_the_bundled_sample_is_shown(empty_lab) -> None:
    test = fine(opened("frontier"))
    assert "Below is a finished sample run" in texts(test)
    assert re.search(r"\d+ of \d+ networks on the front", texts(test))


def test_before_the_first_run_the_report_is_on_the_bundled_sample(empty_lab) -> None:
    shown = texts(fine(opened("report")))
    assert "a report on the bundled sample run" in shown
    assert "the largest area" in shown or "validation images choose" in shown


def test_a_deep_link_restores_the_chosen_networks_and_the_view(lab) -> None:
    _, ids = lab
    points = ",".join(ids[name][:8] for name in ("magnitude-0.95", "l1_filter-0.95"))
    test = fine(opened("frontier", points=points, view="Settings"))
    assert test.multiselect[0].value == [ids["magnitude-0.95"], ids["l1_filter-0.95"]]
    differing = test.table[1].value
    assert "method" in set(differing["Setting"])
    assert "epochs" not in set(differing["Setting"])


def test_a_budget_names_the_best_network_under_it(lab) -> None:
    test = opened("frontier")
    budget = next(box for box in test.selectbox if box.label == "Budget")
    test = fine(budget.select("gzip_bytes").run())
    assert "Best within 2.2 MB: **magnitude 80\\.0%**, 77.0%." in texts(test)
    limit = test.slider(key="budget-gzip_bytes")
    assert limit.label == "Size on disk, gzip (kB)"
    assert (limit.min, limit.max) == (44, 2198)


@pytest.mark.parametrize("view", ["Layers", "Weights", "Predictions"])
def test_every_view_of_two_networks_opens(lab, view: str) -> None:
    _, ids = lab
    points = ",".join(ids[name][:8] for name in ("dense", "magnitude-0.95"))
    fine(opened("frontier", points=points, view=view))


def test_each_compared_network_opens_its_layers(lab) -> None:
    _, ids = lab
    chosen = f"{ids['magnitude-0.95']},{ids['l1_filter-0.8']}"
    test = opened("frontier", points=chosen, compare="Layers")
    test.session_state[f"compare:{ids['magnitude-0.95']}:architecture"] = True
    said = texts(fine(test.run())).replace("\\", "")
    left = round(0.05 * 592_933)
    assert re.search(rf"\*\*{left // 1000},\d+\*\* of 592,933 parameters are left \(5\.0%\)", said)
    assert "**conv1** (Conv2D) → 25 × 25 × 32." in said
    alts = {image.alt for sheet in test.get("image") for image in sheet.proto.imgs}
    assert any("of the kernel's weights remains (blue)" in alt for alt in alts)
    number = next(each for each in test.number_input if each.label == "Unit (0 to 31)")
    number.set_value(7)
    assert "unit 7 of conv1/kernel: 3 inputs of 3 × 3" in texts(fine(test.run())).replace("\\", "")


def test_a_search_of_few_tries_says_how_many_are_needed(lab) -> None:
    test = opened("frontier")
    test.session_state["frontier-page:settings"] = True
    said = texts(fine(test.run())).replace("\\", "")
    assert "6 tries cannot tell which of 2 settings mattered: 9 are needed." in said
    assert "6 tries across 2 settings. Each line is a try." in said
    drawn = str([each.proto for each in test.get("bidi_component")])
    assert "L1 filter" in drawn.replace("\\", "")
    assert ("sparsity: 95%" in drawn, "sparsity: 0.95" in drawn) == (True, False)
    assert "best" not in said.partition("6 tries cannot tell")[2].partition("Each line is a try")[0]


def test_what_changed_tells_new_errors_and_fixed_images(lab) -> None:
    _, ids = lab
    points = ",".join(ids[name][:8] for name in ("dense", "magnitude-0.95"))
    shown = texts(opened("frontier", points=points, view="Predictions"))
    assert "Of 50 holdout images, 2 are newly wrong and 1 newly right." in shown
    assert "Mean confidence 80.0% (−5.0 points)." in shown
    assert "majority" not in shown  # of one network
    assert r"each class magnitude 95\.0% labels otherwise than the dense network" in shown
    assert "agree with those of the dense network on 90.0%" in shown


def test_pictures_are_described_by_the_names_of_their_classes_as_they_are(lab) -> None:
    _, ids = lab
    points = ",".join(ids[name][:8] for name in ("dense", "magnitude-0.95"))
    test = opened("frontier", points=points, view="Predictions")
    said = {image.alt for sheet in test.get("image") for image in sheet.proto.imgs}
    assert "T-shirt 90% → shirt 60%" in said  # escapes for Markdown belong to the captions alone


def test_an_address_with_unknown_networks_shows_the_page_all_the_same(lab) -> None:
    test = fine(opened("frontier", points="../../etc,zzz", view="nonsense"))
    assert test.multiselect[0].value == []


def test_grading_shows_the_rule_before_anything_was_graded(empty_lab) -> None:
    assert "Score = (accuracy + sparsity) / 2" in texts(fine(opened("grading")))


def test_a_finished_grading_is_ranked_and_the_broken_file_explained(lab) -> None:
    workspace, ids = lab
    store = Store(workspace.store_url)
    result = {"grades": [each.to_dict() for each in grades()], "images": 50}
    job = finish(store, GradeSpec(data=ids["data"], files="0123456789abcdef"), result)
    store.close()
    test = fine(opened("grading", data=ids["data"], run=job))
    table = next(frame.value for frame in test.dataframe if "Rank" in frame.value)
    assert table["Name"].tolist() == ["anna", "bob", "carl"]
    assert table["Rank"].tolist() == [1, 2, 3]
    assert "not an HDF5 weights file" in texts(test)
    assert "3 files on 50 images, threshold 0.6; 1 file could not be graded." in texts(test)


def test_the_report_answers_from_the_runs_in_the_workspace(lab) -> None:
    shown = texts(fine(opened("report")))
    assert "3 methods made 6 networks" in shown
    assert "needs fewer server iterations" in shown


def test_leaving_a_run_out_of_the_report_changes_its_sentences(lab) -> None:
    workspace, _ = lab
    store = Store(workspace.store_url)
    federated = [job.id[:8] for job in store.jobs(kind="federate")]
    store.close()
    shown = texts(fine(opened("report", runs=",".join(federated))))
    assert "No pruned network was chosen" in shown


def test_a_report_without_any_run_asks_for_one_and_refills_nothing(lab) -> None:
    test = fine(opened("report"))
    test = fine(test.multiselect(key="report-runs").set_value([]).run())
    assert "Select at least one run." in texts(test)
    assert test.multiselect(key="report-runs").value == []


def test_an_authors_note_is_kept_for_the_next_visit(lab) -> None:
    workspace, _ = lab
    test = fine(opened("report"))
    note = next(area for area in test.text_area if area.label == "Introduction")
    fine(note.input("We used the course's data.").run())
    again = fine(opened("report"))
    assert next(a for a in again.text_area if a.label == "Introduction").value.startswith("We used")
    (kept,) = workspace.notes.glob("*.json")
    assert json.loads(kept.read_text()) == {"": "We used the course's data."}


@pytest.mark.parametrize(
    "topic",
    ["Prune one filter", "One round of FedAvg", "Pruning methods", "Federated algorithms"],
)
def test_every_topic_can_be_learned(empty_lab, topic: str) -> None:
    fine(opened("learn", topic=topic))


def test_a_filter_is_cut_step_by_step(empty_lab) -> None:
    test = opened("learn")
    step = next(group for group in test.segmented_control if group.label == "Step")
    test = fine(step.set_value("Its readers").run())
    assert "288 more" in texts(test)


def test_every_method_is_taught_from_its_own_words(empty_lab) -> None:
    shown = texts(opened("learn", topic="Pruning methods"))
    for part in ("1506.02626", "1608.08710", "1707.06342"):
        assert part in shown
