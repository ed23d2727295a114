"""Grades agree with an independent computation, and a broken file harms nobody."""

from pathlib import Path

import numpy as np
import pytest

from core.data.dataset import Dataset, Split
from core.grading import gradescope
from core.grading.grade import Grade, grade, graded_images
from core.grading.submissions import Submission
from core.networks.formats import keras_h5
from core.networks.network import REFERENCE, Weights, initial_weights
from core.progress import Silent, Stopped
from tests.numpy_forward import probabilities
from tests.runs.finished_lab import pruned_weights

IMAGES = 40


@pytest.fixture(scope="module")
def images() -> Split:
    rng = np.random.default_rng(3)
    pixels = rng.random((IMAGES, 25, 25, 3), dtype=np.float32)
    return Split(pixels, rng.integers(0, 5, IMAGES))


def submitted(folder: Path, name: str, weights: Weights) -> Submission:
    path = folder / f"{name}.h5"
    keras_h5.write(path, weights)
    return Submission(name, path.name, path)


def lively(seed: int) -> Weights:
    """Return random weights with biases, whose answers differ from image to image."""
    rng = np.random.default_rng(seed)
    weights = initial_weights(REFERENCE, seed)
    return {
        name: (3 * w if name.endswith("kernel") else rng.normal(0, 0.1, w.shape)).astype(np.float32)
        for name, w in weights.items()
    }


def right_answers(weights: Weights, images: Split) -> float:
    return float(np.mean(probabilities(weights, images.images).argmax(axis=1) == images.labels))


@pytest.mark.slow
def test_grades_agree_with_numpy_on_twenty_random_and_five_pruned_files(
    tmp_path: Path, images: Split
) -> None:
    networks = {f"random-{seed}": lively(seed) for seed in range(20)}
    for sparsity in (0.5, 0.8, 0.9, 0.95, 0.98):
        networks[f"pruned-{sparsity}"] = pruned_weights(sparsity)
    files = [submitted(tmp_path, name, weights) for name, weights in networks.items()]
    found = grade(files, images, REFERENCE, Silent(), threshold=0.1)
    assert len(found) == 25
    for each in found:
        weights = networks[each.name]
        zeros = sum(int((array == 0).sum()) for array in weights.values())
        accuracy = right_answers(weights, images)
        assert each.error is None
        assert each.accuracy == pytest.approx(accuracy, abs=1e-6)
        assert (each.zeros, each.parameters) == (zeros, 592_933)
        assert each.sparsity == pytest.approx(zeros / 592_933, abs=1e-12)
        wanted = (accuracy + each.sparsity) / 2 if accuracy > 0.1 and zeros else 0.0
        assert each.score == pytest.approx(wanted, abs=1e-6)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory, images: Split) -> dict[str, Grade]:
    """The grades of a good file, a copy of it, and four that are broken in different ways."""
    folder = tmp_path_factory.mktemp("mixed")
    nan = pruned_weights(0.5)
    nan["conv1/bias"][0] = np.nan
    small = {name: w[..., :1] for name, w in pruned_weights(0.5).items()}
    files = [
        submitted(folder, "anna", pruned_weights(0.9)),
        submitted(folder, "bert", pruned_weights(0.9)),
        submitted(folder, "nan", nan),
        submitted(folder, "small", small),
        Submission("text", "text.h5", folder / "text.h5"),
        Submission("zipped", "zipped.h5", folder / "none", "The file in the zip is damaged."),
    ]
    (folder / "text.h5").write_text("hello")
    return {each.name: each for each in grade(files, images, REFERENCE, Silent(), threshold=0.0)}


@pytest.mark.slow
def test_broken_files_score_zero_with_their_reason(mixed: dict[str, Grade]) -> None:
    assert mixed["anna"].score > 0.45
    for name, reason in {
        "nan": "NaN",
        "small": "conv1",
        "text": "not a weights file that is read",
        "zipped": "damaged",
    }.items():
        assert mixed[name].score == 0.0
        assert reason in str(mixed[name].error), name


@pytest.mark.slow
def test_the_same_weights_under_two_names_are_noticed(mixed: dict[str, Grade]) -> None:
    assert mixed["anna"].notes[-1] == "The same weights as bert."
    assert mixed["bert"].notes[-1] == "The same weights as anna."
    assert mixed["anna"].rank == mixed["bert"].rank == 1


class StopsAfter(Silent):
    """A Progress that stops at the given report, and keeps what was saved."""

    def __init__(self, reports: int) -> None:
        super().__init__()
        self.left = reports

    def report(self, done: float, total: float, message: str = "") -> None:
        self.left -= 1
        if self.left < 0:
            raise Stopped


@pytest.mark.slow
def test_a_stopped_grading_goes_on_where_it_was(tmp_path: Path, images: Split) -> None:
    few = images.take(np.arange(10))
    files = [submitted(tmp_path, f"s{n}", lively(n)) for n in range(12)]
    progress = StopsAfter(11)
    with pytest.raises(Stopped):
        grade(files, few, REFERENCE, progress)
    resumed = StopsAfter(2)  # ten were saved: two are left
    resumed.state = progress.state
    assert grade(files, few, REFERENCE, resumed) == grade(files, few, REFERENCE, Silent())


def split(images: int) -> Split:
    return Split(np.zeros((images, 28, 28, 1), np.uint8), np.arange(images) % 2)


def test_grading_uses_all_test_images_else_all_validation_images() -> None:
    with_test = Dataset("d", ("a", "b"), split(8), split(6), split(4))
    without = Dataset("d", ("a", "b"), split(8), split(6))
    assert [len(graded_images(d)[0]) for d in (with_test, without)] == [4, 6]


def test_graded_images_have_the_networks_size_and_range() -> None:
    images, shape = graded_images(Dataset("d", ("a", "b"), split(8), split(6)))
    assert images.images.shape == (6, 25, 25, 3)
    assert images.images.dtype == np.float32
    assert shape.classes == 2


@pytest.mark.slow
def test_what_the_doctor_finds_is_told_with_the_grade_and_is_a_line_of_the_results(
    tmp_path: Path, images: Split
) -> None:
    weights = {n: a + np.float32(0.01) for n, a in initial_weights(REFERENCE, 1).items()}
    files = [submitted(tmp_path, "anna", weights)]
    (found,) = grade(files, images, REFERENCE, Silent(), threshold=0.0)
    (line,) = found.findings
    assert line.startswith("The dense network was likely saved instead of the pruned one. 0 of ")
    assert found.told[0] == line
    assert Grade.from_dict(found.to_dict()) == found
    tests = gradescope.results([found], 0.0)["tests"]
    assert tests[-1]["name"] == (
        "anna: The dense network was likely saved instead of the pruned one"
    )
    assert (tests[-1]["output"], tests[-1]["max_score"]) == (line, 0.0)


def test_grades_of_version_0_1_have_no_findings() -> None:
    stored = Grade("anna", 0.7, 0.9, 1, 2, 0.8, None).to_dict()
    del stored["findings"]
    assert Grade.from_dict(stored).findings == ()
