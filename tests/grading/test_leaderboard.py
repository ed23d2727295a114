"""Ranking, ties, history and the two files a grader takes away."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.grading.grade import Grade, _copies_noted, ranked
from core.grading.gradescope import results, results_zip
from core.grading.leaderboard import board_of, leaderboard, to_csv
from core.grading.spec import GradeSpec
from core.jobs.store.job import Job
from core.jobs.store.store import Store
from core.workspace import Workspace
from tests.runs.finished_lab import finish


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    opened = Store(Workspace(tmp_path).store_url)
    yield opened
    opened.close()


def graded(name: str, score: float, error: str | None = None) -> Grade:
    if error is not None:
        return Grade(name, None, None, None, None, 0.0, error)
    return Grade(name, score, score, 10, 20, score, None)


def test_equal_scores_share_a_rank_and_the_next_is_skipped() -> None:
    board = ranked([graded("a", 0.7), graded("b", 0.8), graded("c", 0.8), graded("d", 0.6)])
    assert [(g.name, g.rank) for g in board] == [("b", 1), ("c", 1), ("a", 3), ("d", 4)]


def test_a_broken_file_comes_after_a_score_of_zero() -> None:
    board = ranked([graded("broken", 0, "Not a weights file."), graded("dense", 0.0)])
    assert [(g.name, g.rank) for g in board] == [("dense", 1), ("broken", 2)]


def test_the_best_try_counts_and_the_history_keeps_all() -> None:
    first = [graded("anna", 0.7), graded("bob", 0.75)]
    second = [graded("anna", 0.8), graded("bob", 0, "Not a weights file.")]
    anna, bob = leaderboard([first, second])
    assert (anna.best.score, anna.best.rank, anna.history) == (0.8, 1, (0.7, 0.8))
    assert (bob.best.score, bob.best.rank, bob.history) == (0.75, 2, (0.75, 0.0))


def test_the_csv_has_one_row_per_file_and_empty_cells_for_what_is_unknown() -> None:
    rows = list(
        csv.DictReader(io.StringIO(to_csv(ranked([graded("a", 0.7), graded("b", 0, "?")]))))
    )
    assert [row["score"] for row in rows] == ["0.7", "0.0"]
    assert rows[1]["accuracy"] == ""


def test_a_name_that_a_spreadsheet_would_run_stays_text() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([graded("=HYPERLINK(1)", 0.7)]))))
    assert rows[0]["name"] == "'=HYPERLINK(1)"


def test_results_json_carries_points_tests_and_leaderboard() -> None:
    made = json.loads(json.dumps(results(ranked([graded("anna", 0.8)]), threshold=0.6)))
    assert made["score"] == 80.0
    assert [t["status"] for t in made["tests"]] == ["passed", "passed", "passed"]
    assert sum(t.get("max_score", 0) for t in made["tests"]) == 100.0
    assert made["leaderboard"][0] == {"name": "Score", "value": 0.8}


def test_an_assignment_of_20_points_gets_results_out_of_20() -> None:
    made = results(ranked([graded("anna", 0.8)]), threshold=0.6, points=20)
    assert (made["score"], made["tests"][-1]["score"], made["tests"][-1]["max_score"]) == (
        16.0, 16.0, 20,
    )  # fmt: skip


def test_everybody_gets_a_results_json_with_nobody_else_in_it() -> None:
    grades = [graded("anna", 0.8), graded("anna", 0.7), graded("bob", 0.0, "Broken."),
              graded("Bob", 0.6), graded("x/y", 0.5)]  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(results_zip(ranked(grades), 0.6))) as archive:
        made = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    scores = {name: each["score"] for name, each in made.items()}
    assert scores == {
        "anna/results.json": 80.0,
        "Bob/results.json": 60.0,
        "x - y/results.json": 50.0,
        "bob (2)/results.json": 0.0,  # one folder with Bob's on many disks
    }
    assert len(made["anna/results.json"]["tests"]) == 6
    assert {e["name"] for e in made["bob (2)/results.json"]["extra_data"]["grades"]} == {"bob"}
    assert results_zip(ranked(grades), 0.6) == results_zip(ranked(grades), 0.6)


def test_whose_weights_somebody_shares_is_for_the_teacher_alone() -> None:
    both = [replace(graded(name, 0.7), digest="same") for name in ("anna", "bob")]
    noted = _copies_noted(both)
    assert noted[0].notes == ("The same weights as bob.",)
    with zipfile.ZipFile(io.BytesIO(results_zip(noted, 0.6))) as archive:
        assert "bob" not in archive.read("anna/results.json").decode()
        assert "anna" not in archive.read("bob/results.json").decode()
    assert "The same weights as bob." in to_csv(noted)


def test_folders_have_names_that_windows_takes() -> None:
    grades = [graded(name, 0.7) for name in ("Con", "aux.x", "anna")]
    with zipfile.ZipFile(io.BytesIO(results_zip(grades, 0.6))) as archive:
        folders = [name.partition("/")[0] for name in archive.namelist()]
    assert folders == ["Con_", "aux.x_", "anna"]


def test_the_csv_says_what_was_noted() -> None:
    noted = replace(graded("anna", 0.7), notes=("The same weights as bob.", "=1+1"))
    (row,) = csv.DictReader(io.StringIO(to_csv([noted])))
    assert row["notes"] == "The same weights as bob. =1+1"


def test_results_json_of_a_broken_file_says_why_and_gives_zero() -> None:
    made = results([graded("anna", 0, "Not a weights file.")], threshold=0.6)
    assert (made["score"], made["output"]) == (0.0, "Not a weights file.")
    assert {t["status"] for t in made["tests"]} == {"failed"}


def test_of_several_files_the_best_gives_the_points() -> None:
    made = results(ranked([graded("try1", 0.7), graded("try2", 0.8)]), threshold=0.6)
    assert made["score"] == 80.0
    assert sum(t.get("score", 0) for t in made["tests"]) == 80.0


def test_nothing_handed_in_is_said() -> None:
    assert "Hand in my_model_weights.h5" in results([], threshold=0.6)["output"]


def test_only_gradings_on_the_same_images_with_the_same_threshold_share_a_board(store) -> None:
    def handed_in(score: float, seed: int, **settings: object) -> Job:
        grades = {"grades": [graded("anna", score).to_dict()], "images": 10}
        return store.get(finish(store, GradeSpec(data="d", files="f", **settings), grades, seed))

    public = handed_in(0.9, 0)
    hidden = [handed_in(score, seed, hidden="h") for seed, score in ((1, 0.7), (2, 0.8))]
    strict = handed_in(0.5, 3, threshold=0.7)
    jobs = [strict, *reversed(hidden), public]
    assert [board_of(jobs, job)[0].history for job in (public, hidden[0], strict)] == [
        (0.9,), (0.7, 0.8), (0.5,),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["..", "..\\..\\x", "C:", "a/../b", ". ."])
def test_no_name_leads_out_of_the_folder_that_a_zip_is_unpacked_to(name):
    grades = ranked([graded(name, 0.7), graded("bo", 0.8)])
    with zipfile.ZipFile(io.BytesIO(results_zip(grades, 0.6))) as archive:
        members = archive.namelist()
    assert len(members) == 2
    for member in members:
        folder, file = member.split("/")
        assert file == "results.json"
        assert folder.strip(" .")
        assert not set(folder) & set("\\:/")
