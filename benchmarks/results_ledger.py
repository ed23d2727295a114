"""What `make results` has measured, beside the page, so that another machine goes on from there.

Two kinds of lines: a run with what was measured of it, and a summary of several seeds of which only
mean and deviation were kept. No line says of a single run what nobody measured of it.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.commands.networks import network_result
from core.files import atomic_write
from core.jobs.store.job import Job

BOTH = ("validation_accuracy", "accuracy")
FIELDS = (*BOTH, "sparsity", "score", "seconds", "lost")
DIGITS = 5  # of accuracies and scores: 1,250 images give steps of .0008


@dataclass(frozen=True)
class Measured:
    """One finished run: what the page needs of its point.

    id: of the run, the digest of data, settings and seed. what: the same for a reader.
    lost: accuracy of the dense network it began from minus its own, in points, mean of validation
    and holdout; 0 for a dense network. seconds: the run's own.
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


@dataclass(frozen=True)
class Summary:
    """Several seeds of one configuration whose own values were not kept.

    ids: of the runs, seed by seed. mean, deviation: name of a field of Measured -> over these
    seeds, as precise as they were written down (deviation with n - 1).
    """

    what: str
    ids: tuple[str, ...]
    mean: Mapping[str, float]
    deviation: Mapping[str, float]


@dataclass(frozen=True)
class Ledger:
    """Everything on file: id -> run, and what -> summary."""

    runs: Mapping[str, Measured] = field(default_factory=dict)
    summaries: Mapping[str, Summary] = field(default_factory=dict)

    def with_runs(self, fresh: Mapping[str, Measured]) -> "Ledger":
        """Return the ledger with these runs added."""
        return Ledger({**self.runs, **fresh}, self.summaries)


@dataclass(frozen=True)
class Row:
    """What is known of one configuration: runs by seed, perhaps a summary of other seeds."""

    runs: Mapping[int, Measured] = field(default_factory=dict)
    summary: Summary | None = None

    @property
    def count(self) -> int:
        """The number of seeds."""
        return len(self.runs) + (len(self.summary.ids) if self.summary else 0)

    def mean_and_deviation(self, name: str) -> tuple[float, float]:
        """Return mean and standard deviation (NaN for one seed) of a field over all seeds."""
        values = [getattr(run, name) for run in self.runs.values()]
        total, squares = sum(values), sum(value**2 for value in values)
        if self.summary:
            kept, mean = len(self.summary.ids), self.summary.mean[name]
            total += kept * mean
            squares += kept * mean**2 + (kept - 1) * self.summary.deviation[name] ** 2
        return _moments(self.count, total, squares)


def _moments(count: int, total: float, squares: float) -> tuple[float, float]:
    mean = total / count
    if count < 2:
        return mean, math.nan
    return mean, math.sqrt(max(0.0, squares - count * mean**2) / (count - 1))


def measured(job: Job, what: str, dense: Job) -> Measured:
    """Return the record of a finished run. dense: the finished run it began from, or itself."""
    point, start = (network_result(run).point for run in (job, dense))
    lost = 50 * sum(getattr(start, name) - getattr(point, name) for name in BOTH)
    rounded = {name: round(getattr(point, name), DIGITS) for name in (*BOTH, "sparsity", "score")}
    seconds = round(point.seconds, 1)
    return Measured(job.id, what, job.seed, **rounded, seconds=seconds, lost=round(lost, 3))


def read(path: Path) -> Ledger:
    """Return what is on file; nothing if there is no file yet."""
    if not path.exists():
        return Ledger()
    content = json.loads(path.read_text(encoding="utf-8"))
    runs = {row["id"]: Measured(**row) for row in content["runs"]}
    summaries = (Summary(**{**row, "ids": tuple(row["ids"])}) for row in content["summaries"])
    return Ledger(runs, {summary.what: summary for summary in summaries})


def write(path: Path, ledger: Ledger) -> None:
    """Replace the file by this ledger, a line each, whole or not at all."""
    ordered = sorted(ledger.runs.values(), key=lambda record: (record.what, record.seed, record.id))
    kept = sorted(ledger.summaries.values(), key=lambda summary: summary.what)
    text = (
        f'{{"runs": [\n{_lines(list(map(asdict, ordered)))}\n],\n'
        f'"summaries": [\n{_lines(list(map(asdict, kept)))}\n]}}\n'
    )
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8")


def _lines(rows: Sequence[Mapping[str, Any]]) -> str:
    return ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
