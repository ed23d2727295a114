"""The finished runs that the program brings with it."""

import gzip
import json
from importlib.resources import files

import numpy as np

from core.data.builtin_datasets import GARMENTS
from core.evaluation.point import Point
from core.federated.spec import FederatedSpec
from core.runs.finished.histories import History
from core.settings import digest

ASSETS = files("assets")
SAMPLE_SWEEP = ASSETS / "sample_sweep.json"
SAMPLE_FEDERATED = ASSETS / "sample_federated.json.gz"


def sample_points() -> list[Point]:
    """Return the points of the bundled finished sweep, the dense network first."""
    sample = json.loads(SAMPLE_SWEEP.read_text("utf-8"))
    return [Point.from_json(values) for values in (sample["dense"], *sample["points"])]


def sample_class_names() -> tuple[str, ...]:
    """Return the class names of the data set that the bundled sweep ran on."""
    with GARMENTS.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return tuple(str(name) for name in arrays["class_names"])


def sample_histories(question: str | None = None) -> list[History]:
    """Return the federated runs of the bundled sample, one a setting; none if it is not there.

    question: name of a preset, for its runs only.
    """
    if not SAMPLE_FEDERATED.is_file():
        return []
    sample = json.loads(gzip.decompress(SAMPLE_FEDERATED.read_bytes()))
    asked = [q for q in sample["questions"] if question in (None, q["name"])]
    runs = [run for each in asked for run in each["runs"]]
    found = {}
    for run in runs:
        rows = tuple({k: v for k, v in row.items() if v is not None} for row in run["rounds"])
        spec = FederatedSpec.from_json(run["settings"])
        id = digest({k: v for k, v in run["settings"].items() if k != "label"})
        found[id] = History(id, run["label"], spec, sample["seed"], rows)
    return list(found.values())
