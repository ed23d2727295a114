"""autograder.zip grades as the page does, with nothing but NumPy and h5py, in 768 MB."""

import ast
import io
import pickle
import stat
import sys
import zipfile

import numpy as np
import pytest

from core.data.dataset import Split
from core.errors import SettingsError
from core.grading.autograder.bundle import autograder_zip
from core.grading.grade import grade
from core.grading.submissions import collect
from core.networks.formats import keras_h5, torch_writer
from core.networks.network import REFERENCE
from core.progress import Silent
from tests.grading.autograder import grade_one, link_environment, unpack
from tests.runs.finished_lab import pruned_weights

IMAGES, THRESHOLD = 40, 0.1


def images():
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (IMAGES, 25, 25, 3)).astype(np.float32) / np.float32(255)
    return Split(pixels, rng.integers(0, 5, IMAGES))


def h5_of(weights, folder):
    keras_h5.write(folder / "written.h5", weights)
    return (folder / "written.h5").read_bytes()


def as_npz(weights):
    target = io.BytesIO()
    np.savez(target, *weights.values())
    return target.getvalue()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    content = autograder_zip(images(), REFERENCE, THRESHOLD, 20)
    root = unpack(content, tmp_path_factory.mktemp("autograder"))
    link_environment(root)
    return root


@pytest.mark.slow
def test_every_format_gets_what_the_page_gives(root, tmp_path):
    weights = pruned_weights(0.9)
    files = {
        "my_model_weights.h5": h5_of(weights, tmp_path),
        "my_model_weights.pt": torch_writer.to_pt(weights),
        "my_model_weights.safetensors": torch_writer.to_safetensors(weights),
        "my_model_weights.npz": as_npz(weights),
        "my_model_weights.pkl": pickle.dumps(list(weights.values())),
    }
    submissions = collect([*files.items()], tmp_path / "page")
    wanted = {e.file: e for e in grade(submissions, images(), REFERENCE, Silent(), THRESHOLD)}
    for name, content in files.items():
        results = grade_one(root, {name: content})
        found, page = results["extra_data"]["grades"][0], wanted[name]
        assert found["error"] is None, found
        assert found["accuracy"] == pytest.approx(page.accuracy, abs=1e-6)
        assert found["score"] == pytest.approx(page.score, abs=1e-6)
        assert (found["zeros"], found["digest"]) == (page.zeros, page.digest)
        assert results["score"] == pytest.approx(20 * page.score, abs=1e-4)
        assert results["leaderboard"][0] == {"name": "Score", "value": round(page.score, 6)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "cause", "remedy"),
    [
        ({}, "Nothing was handed in", "Hand in my_model_weights.h5"),
        ({"my_model_weights.h5": b"\x89HDF\r\n\x1a\nno"}, "damaged", "Save the weights again"),
        ({"report.pdf": b"%PDF"}, "no weights file", "Hand in my_model_weights.h5"),
        ({"my_model_weights.pt": pickle.dumps(print)}, "Nothing in it was run", "torch.save"),
    ],
    ids=["nothing", "cut short", "another file", "a program"],
)
def test_what_cannot_be_graded_says_why_and_what_to_do(root, files, cause, remedy):
    results = grade_one(root, files)
    assert results["score"] == 0
    assert cause in results["output"]
    assert remedy in results["output"]


@pytest.mark.slow
def test_weights_among_other_files_are_found_in_a_folder(root, tmp_path):
    content = h5_of(pruned_weights(0.9), tmp_path)
    results = grade_one(root, {"handin/my_model_weights.h5": content, "report.pdf": b"%PDF"})
    assert len(results["extra_data"]["grades"]) == 1
    assert results["extra_data"]["grades"][0]["error"] is None


@pytest.mark.slow
def test_a_grader_that_is_ended_leaves_a_sentence(root):
    python = root / "source" / "environment" / "bin" / "python"
    target = python.readlink()
    python.unlink()
    python.write_text("#!/bin/sh\nkill -9 $$\n")
    python.chmod(0o755)
    try:
        results = grade_one(root, {"my_model_weights.h5": b""})
    finally:
        python.unlink()
        python.symlink_to(target)
    assert "tell the course staff" in results["output"]


def opened():
    return zipfile.ZipFile(io.BytesIO(autograder_zip(images(), REFERENCE)))


def test_the_zip_has_what_gradescope_asks_for_and_may_run_it():
    archive = opened()
    for name in ("setup.sh", "run_autograder"):
        assert archive.getinfo(name).external_attr >> 16 & stat.S_IXUSR
        assert archive.read(name).startswith(b"#!/usr/bin/env bash\n")
    assert {line.split("==")[0] for line in archive.read("requirements.txt").decode().split()} == {
        "numpy", "h5py"
    }  # fmt: skip


def test_modules_import_nothing_but_numpy_and_h5py_unless_asked():
    archive = opened()
    for name in archive.namelist():
        tree = ast.parse(archive.read(name)) if name.endswith(".py") else ast.Module([], [])
        tops = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        for node in tops:
            module = getattr(node, "module", None) or node.names[0].name
            known = {*sys.stdlib_module_names, "numpy", "h5py", "core"}
            assert module.split(".")[0] in known, f"{name} imports {module}"


def test_the_same_inputs_are_the_same_bytes_and_images_that_were_bytes_take_as_many():
    assert autograder_zip(images(), REFERENCE) == autograder_zip(images(), REFERENCE)
    with np.load(io.BytesIO(opened().read("images.npz"))) as held:
        assert held["images"].dtype == np.uint8
        assert np.array_equal(Split(held["images"], held["labels"]).as_float(), images().images)


def test_images_between_bytes_stay_floats():
    between = Split(images().images * np.float32(0.999), images().labels)
    archive = zipfile.ZipFile(io.BytesIO(autograder_zip(between, REFERENCE)))
    with np.load(io.BytesIO(archive.read("images.npz"))) as held:
        assert np.array_equal(held["images"], between.images)


@pytest.mark.parametrize(("threshold", "points"), [(1.5, 20), (-0.1, 20), (0.6, 0)])
def test_settings_that_mean_nothing_are_refused(threshold, points):
    with pytest.raises(SettingsError, match="Give"):
        autograder_zip(images(), REFERENCE, threshold, points)
