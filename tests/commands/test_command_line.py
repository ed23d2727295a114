"""The command line's contract: exit status, the JSON line, the files it writes."""

import csv
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import h5py
import numpy as np
import pytest

from core.__main__ import main
from core.randomness import generator
from tests.inputs.build import zipped
from tests.inputs.clients import clients_of

ROOT = Path(__file__).parents[2]
PARAMETERS = 592_933

pytestmark = pytest.mark.slow  # processes


class CommandLine:
    """Runs commands in a workspace of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = str(folder / "a workspace")
        self.environment = os.environ | {"PARETO_LAB_HOME": self.home}

    def __call__(self, *arguments: object) -> tuple[int, dict, str]:
        """Return the exit status, the JSON of the last line, and what people read.

        Here in this process: starting Python takes longer than most commands.
        """
        printed, said = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed), redirect_stderr(said):
            patch.setenv("PARETO_LAB_HOME", self.home)
            patch.delenv("PARETO_LAB_STORE", raising=False)
            patch.chdir(ROOT)
            status = main([*map(str, arguments), "--json"])
        return status, self.last(printed.getvalue()), said.getvalue()

    def process(self, *arguments: object) -> tuple[int, dict, str]:
        """Do the same with `python -m core`."""
        done = subprocess.run(
            [sys.executable, "-m", "core", *map(str, arguments), "--json"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return done.returncode, self.last(done.stdout), done.stderr

    @staticmethod
    def last(printed: str) -> dict:
        lines = printed.strip().splitlines()
        return json.loads(lines[-1]) if lines else {}


@pytest.fixture(scope="module")
def command_line(tmp_path_factory):
    """A command line with its own engine, which ends with the module."""
    runner = CommandLine(tmp_path_factory.mktemp("command line"))
    yield runner
    assert runner("engine", "stop")[0] == 0


@pytest.fixture(scope="module")
def images(command_line):
    """Five classes that differ in brightness: quick to learn."""
    rng = generator(0, "images")

    def split(count):
        labels = np.arange(count) % 5
        pictures = rng.integers(0, 40, (count, 25, 25, 3)) + labels[:, None, None, None] * 50
        return pictures.astype(np.uint8), labels

    arrays = {}
    for name, count in (("train", 200), ("val", 100)):
        arrays[f"{name}_images"], arrays[f"{name}_labels"] = split(count)
    path = command_line.folder / "five.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="module")
def dense(command_line, images):
    """The weights file of a dense network trained for a moment."""
    out = command_line.folder / "dense.h5"
    status, made, _ = command_line(
        "train", "--data", images, "--recipe", "fast", "--epochs", 2, "--out", out
    )
    assert (status, made["error"], made["parameters"]) == (0, None, PARAMETERS)
    return out


def zeros_in(path):
    """Count exact zeros with nothing but h5py."""
    counted = []

    def visit(_, item):
        if isinstance(item, h5py.Dataset):
            counted.append((int((item[()] == 0).sum()), item.size))

    with h5py.File(path) as file:
        file.visititems(visit)
    return tuple(map(sum, zip(*counted, strict=True)))


@pytest.mark.parametrize("method", ["magnitude", "l1_filter"])
def test_prune_writes_the_file_it_reports_and_grade_agrees(command_line, images, dense, method):
    out = command_line.folder / f"{method}.h5"
    status, made, said = command_line(
        "prune", dense, "--data", images, "--method", method, "--sparsity", 0.8,
        "--epochs", 1, "--out", out,
    )  # fmt: skip
    assert status == 0, said
    assert zeros_in(out) == (made["zeros"], PARAMETERS)
    assert made["sparsity"] == made["zeros"] / PARAMETERS
    assert made["method"] == method
    if method == "magnitude":
        assert made["zeros"] == round(0.8 * PARAMETERS)
    status, graded, _ = command_line("grade", out, "--data", images)
    assert (status, graded["zeros"], graded["sparsity"]) == (0, made["zeros"], made["sparsity"])


def test_the_same_command_again_is_the_same_run_and_takes_no_time(command_line, images, dense):
    again = command_line.folder / "again.h5"
    status, _, said = command_line.process(
        "train", "--data", images, "--recipe", "fast", "--epochs", 2, "--out", again
    )
    assert (status, again.read_bytes()) == (0, dense.read_bytes())
    assert "Epoch" not in said


def test_a_broken_file_among_graded_ones_scores_0_with_its_reason(command_line, images, dense):
    broken = command_line.folder / "broken.h5"
    broken.write_bytes(b"no weights at all")
    results = command_line.folder / "results.json"
    status, graded, _ = command_line(
        "grade", dense, broken, "--data", images, "--gradescope", results
    )
    by_name = {row["name"]: row for row in graded["files"]}
    assert (status, by_name["broken"]["score"], by_name["dense"]["error"]) == (0, 0.0, None)
    assert by_name["broken"]["error"]
    assert "tests" in json.loads(results.read_text())


def test_federate_writes_a_row_for_every_round(command_line):
    out = command_line.folder / "history.csv"
    status, last, said = command_line(
        "federate", "--data", "synthetic:0.5,0.5", "--algorithm", "fedprox", "--set", "mu=0.1",
        "--rounds", 3, "--hidden", 0, "--out", out,
    )  # fmt: skip
    assert status == 0, said
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["round"] for row in rows] == ["0", "1", "2", "3"]
    assert float(rows[-1]["train_loss"]) == last["train_loss"]


def test_federate_recognises_a_zip_of_clients_and_says_who_is_validated(command_line):
    clients = command_line.folder / "leaf_data.zip"
    clients.write_bytes(zipped({"data/train/a.json": clients_of([12, 1]), "data/all_data/a.json":
                                clients_of([12, 1])}))  # fmt: skip
    status, last, said = command_line(
        "federate", "--data", clients, "--rounds", 2, "--hidden", 0,
        "--out", command_line.folder / "leaf.csv",
    )  # fmt: skip
    assert status == 0, said
    assert last["round"] == 2
    assert "only 1 of 2 clients are validated" in said
    assert "neither in train nor in test: all_data" in said


def test_a_federation_that_diverges_says_so_and_fails_unless_that_is_wanted(command_line):
    out = command_line.folder / "diverged.csv"
    steep = ("federate", "--rounds", 3, "--rate", 100, "--local-epochs", 3, "--out", out)
    status, answer, said = command_line(*steep)
    assert status == 1
    assert "The run diverged: its training loss is no number from round" in answer["error"]
    assert "Choose a smaller learning rate, or add --allow-divergence" in said
    assert len(out.read_text().splitlines()) == 5  # the history is there all the same
    status, last, _ = command_line(*steep, "--allow-divergence")
    assert (status, last["train_loss"]) == (0, None)
    assert last["diverged_in"] >= 1


def test_a_sweep_without_a_network_trains_its_own(command_line, images):
    out = command_line.folder / "own.csv"
    status, made, said = command_line(
        "sweep", "--data", images, "--methods", "magnitude", "--sparsities", "0.5",
        "--epochs", 0, "--out", out,
    )  # fmt: skip
    assert (status, made["points"], made["failed"]) == (0, 1, []), said
    with out.open() as file:
        assert [row["method"] for row in csv.DictReader(file)] == ["dense", "magnitude"]


def test_a_sweep_writes_its_points_and_a_report_shows_them(command_line, images, dense):
    out = command_line.folder / "points.csv"
    status, made, said = command_line(
        "sweep", dense, "--data", images, "--methods", "magnitude,random",
        "--sparsities", "0.5,0.9", "--epochs", 0, "--out", out,
    )  # fmt: skip
    assert (status, made["failed"]) == (0, []), said
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["method"] for row in rows) == ["dense", *["magnitude"] * 2, *["random"] * 2]
    page = command_line.folder / "report.html"
    status, made, _ = command_line("report", *(row["id"] for row in rows), "--out", page)
    assert (status, made["points"]) == (0, 5)
    assert "<html" in page.read_text()


@pytest.mark.nightly  # needs the time that it competes for
def test_a_competition_hands_over_the_best_file_it_made(command_line, images):
    out = command_line.folder / "winner.h5"
    status, made, said = command_line("compete", "--data", images, "--minutes", 1, "--out", out)
    assert status == 0, said
    assert 1 <= made["tried"] <= 9  # as many as this machine manages in the time
    assert zeros_in(out) == (made["zeros"], PARAMETERS)


def test_a_run_is_exported_for_tensorboard(command_line):
    run = command_line("federate", "--rounds", 1, "--out", command_line.folder / "one.csv")[1][
        "run"
    ]
    folder = command_line.folder / "events"
    status, made, said = command_line("export", run, "--tensorboard", folder)
    assert (status, made["runs"]) == (0, 1), said
    assert list(folder.rglob("events.out.tfevents.*"))


def test_a_background_job_is_submitted_and_listed(command_line):
    status, made, _ = command_line("federate", "--rounds", 2, "--hidden", 0, "--background")
    listed = command_line("runs")[1]["runs"]
    assert status == 0
    assert made["run"] in {run["id"] for run in listed}


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["train", "--data", "nothing-there"], 1, "is no built-in data set"),
        (["train", "--data", "garments", "--set", "epochs=0"], 2, "epochs is 0"),
        (["train", "--data", "garments", "--set", "epochs"], 2, "--set takes name=value"),
        (["prune", "none.h5", "--data", "garments", "--sparsity", "0.9"], 1, "no file none.h5"),
        (["prune", "x.h5", "--data", "garments", "--sparsity", "1.5"], 2, "sparsity is 1.5"),
        (["train", "--data", "garments", "--out", "d.keras"], 2, "written as .h5, .pt or .safet"),
        (["compete", "--data", "garments", "--out", "d.onnx"], 2, "ends in '.onnx'"),
        (["grade", "none.h5", "--data", "garments"], 1, "no file none.h5"),
        (["grade", "x.h5", "--data", "garments", "--threshold", "60"], 2, "Give a share as 0.6"),
        (["compete", "--data", "garments", "--minutes", "20000"], 2, "minutes is 20000"),
        (["report", "nothing"], 1, "no run 'nothing'"),
        (["federate", "--data", "synthetic:1"], 2, "two numbers"),
        (["federate", "--rounds", "0"], 2, "rounds is 0"),
        (["federate", "--hidden", "-5"], 2, "hidden is -5. Choose a value from 0 to 10000"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_goes_wrong_is_one_sentence_and_a_status(command_line, arguments, status, sentence):
    found, answer, said = command_line(*arguments)
    assert (found, sentence in answer["error"], sentence in said) == (status, True, True)
    assert "Traceback" not in said


def test_an_unknown_command_is_wrong_use(command_line):
    assert command_line.process("fly")[0] == 2


def test_methods_and_algorithms_list_their_papers_and_settings(command_line):
    methods = command_line.process("methods")[1]["methods"]
    algorithms = command_line("algorithms")[1]["algorithms"]
    assert {"magnitude", "l1_filter"} <= {row["name"] for row in methods}
    assert {"fedavg", "scaffold"} <= {row["name"] for row in algorithms}
    assert all(row["paper"] for row in methods + algorithms)


def test_a_reader_that_goes_away_gets_no_traceback(command_line):
    script = f"{sys.executable} -m core methods | true"
    done = subprocess.run(
        ["sh", "-c", script], cwd=ROOT, env=command_line.environment, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


def test_prune_writes_what_pytorch_loads_and_grade_reads_it_alike(command_line, images, dense):
    prune = ("prune", dense, "--data", images, "--sparsity", 0.5, "--epochs", 0)
    files = [command_line.folder / f"for_{kind}.{kind}" for kind in ("h5", "pt", "safetensors")]
    for out in files:
        status, _, said = command_line(*prune, "--out", out)
        assert status == 0, said
    status, graded, _ = command_line("grade", *files, "--data", images)
    keys = ("accuracy", "zeros", "score", "error")
    by_name = {row["name"]: [row[key] for key in keys] for row in graded["files"]}
    assert (status, set(by_name)) == (0, {"for_h5", "for_pt", "for_safetensors"})
    assert by_name["for_pt"] == by_name["for_safetensors"] == by_name["for_h5"]
    assert by_name["for_h5"][3] is None
