"""The autograder in 768 MB: its seconds a file, and how far its grades are from the page's.

python -m benchmarks.autograder [--files 100] [--images 1000]

Half a core takes twice the processor's seconds. Prints one JSON object.
"""

import argparse
import json
import resource
import statistics
import tempfile
from pathlib import Path

import numpy as np

from core.data.dataset import Split
from core.grading.autograder.bundle import autograder_zip
from core.grading.grade import grade
from core.grading.submissions import collect
from core.networks.formats import keras_h5, torch_writer
from core.networks.network import REFERENCE, Weights, initial_weights
from core.progress import Silent
from tests.grading.autograder import grade_one, link_environment, unpack

THRESHOLD = 0.1
ENDINGS = (".h5", ".pt", ".safetensors")


def network(number: int) -> Weights:
    """Return weights whose smallest values are zero, more of them with each number."""
    dense = {n: 3 * a for n, a in initial_weights(REFERENCE, number).items()}
    least = 0.003 * (number % 10)
    return {n: np.where(np.abs(a) < least, np.float32(0), a) for n, a in dense.items()}


def hand_ins(count: int, folder: Path) -> dict[str, bytes]:
    """Return file name -> content, in three formats in turn."""
    files = {}
    for number in range(count):
        ending, weights = ENDINGS[number % len(ENDINGS)], network(number)
        keras_h5.write(folder / "one.h5", weights)
        files[f"person-{number:03d}{ending}"] = {
            ".h5": (folder / "one.h5").read_bytes,
            ".pt": lambda weights=weights: torch_writer.to_pt(weights),
            ".safetensors": lambda weights=weights: torch_writer.to_safetensors(weights),
        }[ending]()
    return files


def measured(files: int, images: int) -> dict[str, float]:
    """Return the processor's seconds of each file, and the largest differences from the page."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (images, *REFERENCE.input_shape)).astype(np.float32)
    split = Split(pixels / np.float32(255), rng.integers(0, 5, images))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = unpack(autograder_zip(split, REFERENCE, THRESHOLD), folder / "root")
        link_environment(root)
        given = hand_ins(files, folder)
        page = grade(collect([*given.items()], folder / "page"), split, REFERENCE, Silent(),
                     THRESHOLD)  # fmt: skip
        wanted = {each.file: each for each in page}
        seconds, differences = [], []
        for file, content in given.items():
            before = _children()
            results = grade_one(root, {file: content})
            seconds.append(_children() - before)
            found = results["extra_data"]["grades"][0]
            differences += [abs(found[k] - getattr(wanted[file], k)) for k in ("accuracy", "score")]
    return {
        "files": files,
        "images": images,
        "median_processor_seconds": round(statistics.median(seconds), 2),
        "most_processor_seconds": round(max(seconds), 2),
        "most_seconds_on_half_a_core": round(2 * max(seconds), 2),
        "largest_difference": max(differences),
    }


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--images", type=int, default=1000)
    wanted = parser.parse_args()
    print(json.dumps(measured(wanted.files, wanted.images), indent=2))
