"""Where a command writes is tried before its work; what the system refuses is one sentence."""

import json
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.commands.output_paths import check_destinations
from core.errors import NotFoundError, StoreError


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A workspace of its own for `main`, in this process."""
    monkeypatch.setenv("PARETO_LAB_HOME", str(tmp_path / "lab"))
    return tmp_path / "lab"


def told(capsys, *arguments):
    """Run a command; return its exit status and its error, which both outputs hold as one line."""
    status = main([*map(str, arguments), "--json"])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    error = json.loads(captured.out.splitlines()[-1])["error"]
    assert error in captured.err.splitlines()
    return status, error


def test_a_file_to_be_is_tried_without_leaving_a_trace(tmp_path):
    (tmp_path / "old.csv").write_text("old")
    for path in ("new.csv", "old.csv", "a/new/folder/new.csv"):
        check_destinations(Namespace(out=tmp_path / path))
    check_destinations(Namespace(out=Path("/dev/stdout")))
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("old.csv", "old")]


@pytest.mark.parametrize("path", ["/proc/x/report.html", "/sys/kernel/report.html"])
def test_a_place_that_takes_no_file_is_refused(path):
    with pytest.raises(StoreError, match=f"{path} cannot be written .*Choose a place"):
        check_destinations(Namespace(out=Path(path)))
    check_destinations(Namespace(out=Path(path), background=True))  # which writes nothing there


def test_results_for_gradescope_need_a_folder_that_is_there(tmp_path):
    with pytest.raises(NotFoundError, match="no folder .*/nope for x.json. Make it"):
        check_destinations(Namespace(gradescope=tmp_path / "nope" / "x.json"))


def test_commands_say_where_they_cannot_write_before_they_begin(tmp_path, lab, capsys):
    data, weights = tmp_path / "data.npz", tmp_path / "bob.h5"
    weights.write_bytes(b"none")
    for arguments, sentence in (
        (["federate", "--out", tmp_path], f"{tmp_path} is a folder."),
        (["report", "x", "--out", "/proc/x/r.html"], "/proc/x/r.html cannot be written"),
        (["grade", weights, "--data", data, "--gradescope", tmp_path / "no/x"], "no folder"),
    ):
        status, error = told(capsys, *arguments)
        assert (status, sentence in error) == (1, True)
    assert not lab.exists()


def test_a_workspace_that_cannot_be_written_is_one_sentence(tmp_path, lab, capsys, monkeypatch):
    monkeypatch.setenv("PARETO_LAB_STORE", f"sqlite:///{tmp_path / 'jobs.db'}")
    lab.mkdir()
    (lab / "datasets").write_text("in the way")
    (lab / "engine.lock").mkdir()
    for command in (["datasets"], ["engine", "status"], ["engine", "stop"]):
        status, error = told(capsys, *command)
        assert (status, str(lab) in error, "PARETO_LAB_HOME" in error) == (1, True, True)


def test_any_other_refusal_of_the_system_names_the_path(tmp_path, lab, capsys):
    lab.mkdir()
    (lab / "engine.lock").touch()
    status, error = told(capsys, "train", "--data", tmp_path / ("x" * 300))
    assert (status, "x" * 300 in error, "File name too long" in error) == (1, True, True)


def test_grades_are_shown_although_their_file_cannot_be_written(tmp_path, lab, capsys):
    data, weights = tmp_path / "hidden.npz", tmp_path / "bob.h5"
    images = np.zeros((10, 25, 25, 3), np.uint8)
    np.savez(data, test_images=images, test_labels=np.arange(10) % 5)
    weights.write_bytes(b"no weights at all")
    full = ["--gradescope", "/dev/full"]
    status = main(["grade", str(weights), "--data", str(data), *full, "--json"])
    graded, error = map(json.loads, capsys.readouterr().out.splitlines())
    assert (status, graded["files"][0]["name"]) == (1, "bob")
    assert "No space left on device" in error["error"]
