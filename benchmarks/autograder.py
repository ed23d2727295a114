"""The autograder in 768 MB: its seconds a file, and how far its grades are from the page's.

python -m benchmarks.autograder [--files 100] [--images 1000] [--guessing]

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
from core.networks.network import REFERENCE
from core.progress import Silent
from tests.grading import mixed_class
from tests.grading.autograder import grade_one, link_environment, unpack

THRESHOLD = 0.1
ENDINGS = (".h5", ".pt", ".safetensors")


def hand_ins(count: int, folder: Path) -> dict[str, bytes]:
    """Return file name -> content, in three formats in turn."""
    files, good = {}, mixed_class.good()
    for number in range(count):
        ending, weights = ENDINGS[number % len(ENDINGS)], mixed_class.of_person(good, number)
        keras_h5.write(folder / "one.h5", weights)
        files[f"person-{number:03d}{ending}"] = {
            ".h5": (folder / "one.h5").read_bytes,
            ".pt": lambda weights=weights: torch_writer.to_pt(weights),
            ".safetensors": lambda weights=weights: torch_writer.to_safetensors(weights),
        }[ending]()
    return files


def measured(files: int, images: int, guessing: bool) -> dict[str, float]:
    """Return the processor's seconds of each file, and the largest differences from the page."""
    seen = mixed_class.hidden(images)
    labels = np.random.default_rng(1).permutation(seen.labels) if guessing else seen.labels
    split = Split(seen.as_float(), labels)
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
    parser.add_argument(
        "--guessing", action="store_true", help="networks that guess, so that every repair is tried"
    )
    wanted = parser.parse_args()
    print(json.dumps(measured(wanted.files, wanted.images, wanted.guessing), indent=2))
