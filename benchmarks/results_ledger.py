"""What `make results` has measured, beside the page, so that another machine goes on from there."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.files import written_whole
from core.jobs.store.job import Job

BOTH = ("validation_accuracy", "accuracy")
DIGITS = 5  # of accuracies and scores: 1,250 images give steps of .0008


@dataclass(frozen=True)
class Measured:
    """One finished run: what the page needs of its point.

    id: of the run, the digest of data, settings and seed. what: the same for a reader.
    lost: accuracy of the dense network it began from minus its own, in points, mean of validation
    and holdout; 0 for a dense network. seconds: the run's own. read_back: taken from an earlier
    page, which had said only mean and deviation of several seeds: which seed had what is not known.
    """

    id: str
    what: str
    seed: int
    validation_accuracy: float
    accuracy: float
    sparsity: float
    score: float
    seconds: float
    lost: float = 0.0
    read_back: bool = False


def measured(job: Job, what: str, dense: Job) -> Measured:
    """Return the record of a finished run. dense: the finished run it began from, or itself."""
    point, start = ((run.result or {})["point"] for run in (job, dense))
    lost = 50 * sum(start[name] - point[name] for name in BOTH)
    rounded = {name: round(point[name], DIGITS) for name in (*BOTH, "sparsity", "score")}
    seconds = round(point["seconds"], 1)
    return Measured(job.id, what, job.seed, **rounded, seconds=seconds, lost=round(lost, 3))


def read(path: Path) -> dict[str, Measured]:
    """Return id -> record; nothing if there is no file yet."""
    if not path.exists():
        return {}
    return {row["id"]: Measured(**row) for row in json.loads(path.read_text(encoding="utf-8"))}


def write(path: Path, records: Mapping[str, Measured]) -> None:
    """Replace the file by these records, a line each, whole or not at all."""
    ordered = sorted(records.values(), key=lambda record: (record.what, record.seed, record.id))
    lines = ",\n".join(json.dumps(_row(record), ensure_ascii=False) for record in ordered)
    with written_whole(path) as part:
        part.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _row(record: Measured) -> dict[str, Any]:
    row = asdict(record)
    return row if record.read_back else {k: v for k, v in row.items() if k != "read_back"}
