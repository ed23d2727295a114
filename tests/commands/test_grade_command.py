"""grade: one bad path, file or person stops nobody, and what was asked for is always written."""

import json
import zipfile

import numpy as np
import pytest

from core.__main__ import main
from core.networks.formats import keras_h5
from tests.grading.class_exports import PEOPLE, moodle
from tests.runs.finished_lab import pruned_weights


@pytest.fixture
def hidden(tmp_path, monkeypatch):
    """A hidden test set of ten images, and a workspace of its own."""
    monkeypatch.setenv("PARETO_LAB_HOME", str(tmp_path / "lab"))
    images = np.random.default_rng(1).integers(0, 255, (10, 25, 25, 3), dtype=np.uint8)
    path = tmp_path / "hidden.npz"
    np.savez(path, test_images=images, test_labels=np.arange(10) % 5)
    return path


def run(capsys, *arguments):
    """Return the exit status, the JSON lines and what people read."""
    status = main(["grade", *map(str, arguments), "--json"])
    captured = capsys.readouterr()
    return status, [json.loads(line) for line in captured.out.splitlines()], captured.err


WRONG = {
    "missing.h5": "There is no file",
    "": "An empty path was given",
    "empty.h5": "The file is empty",
    "/dev/null": "neither a file nor a folder",
    "nowhere/at/all.h5": "There is no file",
    "text.h5": "not a weights file that is read",
}


@pytest.mark.slow
def test_a_wrong_path_scores_0_and_the_rest_is_graded_and_written(tmp_path, hidden, capsys):
    (tmp_path / "empty.h5").touch()
    (tmp_path / "text.h5").write_text("hello")
    keras_h5.write(tmp_path / "other.h5", pruned_weights(0.9))
    paths = {w if w[:1] in ("", "/") else tmp_path / w: why for w, why in WRONG.items()}
    out = tmp_path / "r.json"
    status, (answer,), _ = run(
        capsys, *paths, tmp_path / "other.h5", "--data", hidden, "--threshold", 0,
        "--gradescope", out, "--points", 20,
    )  # fmt: skip
    rows = answer["files"]
    assert (status, len(rows)) == (0, len(WRONG) + 1)
    assert rows[0]["name"] == "other"
    assert rows[0]["error"] is None
    for why in WRONG.values():
        assert [row["score"] for row in rows if why in (row["error"] or "")] != []
    results = json.loads(out.read_text())
    assert results["score"] == pytest.approx(20 * rows[0]["score"], abs=1e-4)
    assert sum(test.get("max_score", 0) for test in results["tests"]) == 20


def test_only_wrong_paths_end_with_1_and_the_results_are_there(tmp_path, hidden, capsys):
    out = tmp_path / "r.json"
    status, answers, said = run(capsys, tmp_path / "none.h5", "--data", hidden, "--gradescope", out)
    assert (status, json.loads(out.read_text())["score"]) == (1, 0.0)
    assert "There is no file" in answers[0]["error"]
    assert "There is no file" in said


@pytest.mark.parametrize("points", ["0", "-5", "nan", "inf", "1e9"])
def test_points_that_nobody_can_get_are_refused(tmp_path, hidden, capsys, points):
    status, (answer,), _ = run(capsys, "a.h5", "--data", hidden, "--points", points)
    assert status == 2
    assert "Give what the assignment is worth, from 0.01 to 1,000,000, as 20." in answer["error"]


@pytest.mark.slow
def test_a_folder_of_a_class_is_graded_and_everybody_gets_a_file(tmp_path, hidden, capsys):
    folder, out = tmp_path / "class", tmp_path / "results.zip"
    for name, content in moodle(PEOPLE[:12], b"").files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    status, (answer,), _ = run(capsys, folder, "--data", hidden, "--gradescope", out)
    assert (status, {row["name"] for row in answer["files"]}) == (0, set(PEOPLE[:12]))
    with zipfile.ZipFile(out) as archive:
        assert set(archive.namelist()) == {f"{name}/results.json" for name in PEOPLE[:12]}


@pytest.mark.slow
def test_one_results_json_is_not_for_a_class(tmp_path, hidden, capsys):
    bundle = tmp_path / "class.zip"
    bundle.write_bytes(moodle(PEOPLE[:3], b"").zipped())
    out = tmp_path / "r.json"
    status, (answer,), _ = run(capsys, bundle, "--data", hidden, "--gradescope", out)
    assert (status, out.exists()) == (2, False)
    assert "the files are of 3 people. Give a name with .zip" in answer["error"]


@pytest.mark.slow
def test_nothing_that_was_handed_in_stays_in_the_workspace(tmp_path, hidden, capsys):
    bundle = tmp_path / "class.zip"
    bundle.write_bytes(moodle(PEOPLE[:3], b"").zipped())
    run(capsys, bundle, "--data", hidden)
    assert not [path for path in (tmp_path / "lab" / "scratch").rglob("*") if path.is_file()]


@pytest.mark.slow
def test_autograder_writes_the_zip_and_says_what_it_holds(tmp_path, hidden, capsys):
    out = tmp_path / "autograder.zip"
    assert main(["autograder", "--data", str(hidden), "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["images"], told["classes"]) == (10, 5)
    with zipfile.ZipFile(out) as archive:
        assert {"setup.sh", "run_autograder", "images.npz"} <= set(archive.namelist())
        assert json.loads(archive.read("settings.json"))["points"] == 100


def test_autograder_refuses_a_threshold_that_is_no_share(hidden, capsys):
    arguments = ["autograder", "--data", str(hidden), "--threshold", "60"]
    assert main(arguments) == 2
    assert "Give a share as 0.6" in capsys.readouterr().err


def examined(capsys, *arguments):
    status = main(["doctor", *map(str, arguments), "--json"])
    captured = capsys.readouterr()
    return status, json.loads(captured.out) if captured.out else {}, captured.err


@pytest.mark.slow
def test_doctor_says_verdict_evidence_and_remedy(tmp_path, hidden, capsys):
    keras_h5.write(tmp_path / "dense.h5", pruned_weights(0))
    path = tmp_path / "dense.h5"
    claims = ("--claimed-accuracy", 0.7, "--claimed-sparsity", 0.95)
    status, told, _ = examined(capsys, path, "--data", hidden, *claims)
    (finding,) = told["findings"]
    assert (status, finding["name"]) == (0, "untrained")
    assert "All 709 biases are zero" in finding["evidence"]
    assert told["zeros"] == 709
    assert main(["doctor", str(path), "--data", str(hidden)]) == 0
    assert "likely saved before it was trained" in capsys.readouterr().out


@pytest.mark.slow
def test_doctor_of_a_file_that_cannot_be_read_says_why(tmp_path, hidden, capsys):
    (tmp_path / "text.h5").write_text("hello")
    status, told, _ = examined(capsys, tmp_path / "text.h5", "--data", hidden)
    assert (status, told["findings"]) == (0, [])
    assert "not a weights file" in told["error"]


def test_doctor_refuses_claims_that_are_no_shares_and_files_that_are_not_there(hidden, capsys):
    status, told, _ = examined(capsys, "a.h5", "--data", hidden, "--claimed-sparsity", 95)
    assert status == 2
    assert "Give a share as 0.95" in told["error"]
    status, told, _ = examined(capsys, "a.h5", "--data", hidden)
    assert status == 1
    assert "There is no file a.h5" in told["error"]
