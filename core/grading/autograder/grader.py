"""What runs in Gradescope's container: grade what one person handed in, write results.json.

python -m core.grading.autograder.grader SOURCE SUBMISSION RESULTS
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from core.data.dataset import Split
from core.evaluation.accuracy import softmax
from core.files import atomic_write
from core.grading import gradescope
from core.grading.grade import Grade, grade
from core.grading.submissions import of_one_person
from core.networks.network import NetworkShape, Weights, check_weights
from core.networks.numpy_forward import predict_logits
from core.progress import Silent

IMAGES, SETTINGS = "images.npz", "settings.json"


def probabilities(weights: Weights, shape: NetworkShape, images: np.ndarray) -> np.ndarray:
    """Return the (n, classes) float32 probabilities of images, without TensorFlow."""
    check_weights(weights, shape)
    return softmax(predict_logits(weights, images))


def graded(source: Path, submission: Path) -> tuple[list[Grade], dict[str, float]]:
    """Return the grades of the files in a folder, and the settings of the autograder.

    source: where the autograder was unpacked.
    """
    settings = json.loads((source / SETTINGS).read_text("utf-8"))
    with np.load(source / IMAGES, allow_pickle=False) as held:
        split = Split(held["images"], held["labels"])
    images = Split(split.as_float(), split.labels)
    with tempfile.TemporaryDirectory(prefix="grading-") as name:
        scratch = Path(name)
        files = of_one_person(submission, scratch)
        grades = grade(
            files,
            images,
            NetworkShape.from_dict(settings["shape"]),
            Silent(),
            settings["threshold"],
            ask=probabilities,
            scratch=scratch,
        )
    return grades, settings


def main(source: Path, submission: Path, results: Path) -> None:
    """Grade the folder and write results.json, whole or not at all."""
    grades, settings = graded(source, submission)
    text = gradescope.to_json(grades, settings["threshold"], settings["points"])
    results.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(results) as part:
        part.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
