"""The rows of benchmarks/competitions.json, and docs/competitions.md made of them."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.results_page import table
from core.files import atomic_write
from core.text import percent, plural, thousands

HERE = Path(__file__).parent
ROWS, PAGE = HERE / "competitions.json", HERE.parent / "docs" / "competitions.md"
HEADER = [
    "time",
    "seed",
    "score",
    "accuracy",
    "zeros",
    "dense network",
    "epochs dense + pruned",
    "tries",
    "of its time used",
]


@dataclass(frozen=True)
class Row:
    """One competition.

    is_busy: another program took a core for the first half. data: digest of the data set. images:
    of the holdout, on which accuracies were measured. tries: before the last run. seconds: by the
    clock. cores: of the machine.
    """

    minutes: float
    seed: int
    is_busy: bool
    data: str
    images: int
    accuracy: float
    sparsity: float
    score: float
    dense_accuracy: float
    dense_epochs: float
    epochs: float
    tries: int
    seconds: float
    cores: int

    @property
    def key(self) -> tuple[float, bool, int, str]:
        """What is measured once."""
        return self.minutes, self.is_busy, self.seed, self.data

    @property
    def error(self) -> float:
        """Standard error of the score, by the number of images."""
        return math.sqrt(self.accuracy * (1 - self.accuracy) / self.images) / 2


def read(path: Path) -> list[Row]:
    """Return the rows that are stored; none if there is no file yet."""
    if not path.exists():
        return []
    return [Row(**values) for values in json.loads(path.read_text(encoding="utf-8"))["rows"]]


def write(path: Path, rows: Iterable[Row]) -> None:
    """Replace the file by these rows, a line each, whole or not at all."""
    ordered = sorted(rows, key=lambda row: row.key)
    lines = ",\n".join(json.dumps(asdict(row)) for row in ordered)
    with atomic_write(path) as part:
        part.write_text(f'{{"rows": [\n{lines}\n]}}\n', encoding="utf-8")


def page(rows: Iterable[Row]) -> str:
    """Return the page of these rows."""
    return "\n".join(_lines(sorted(rows, key=lambda row: row.key)))


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    yield "# Competitions\n"
    yield (
        "Made by `python -m benchmarks.competitions`: `python -m core compete` from nothing to a "
        "pruned network within a time. Accuracy and score are those of the winner's file on the "
        "holdout, by which nothing was chosen; ± is their standard error by the number of its "
        "images.\n"
    )
    for data in dict.fromkeys(row.data for row in rows):
        these = [row for row in rows if row.data == data]
        cores = " or ".join(map(str, sorted({row.cores for row in these})))
        images = " or ".join(thousands(count) for count in sorted({row.images for row in these}))
        yield f"Data set `{data}`, {images} images of the holdout, {cores} cores.\n"
        yield from table(HEADER, [_cells(row) for row in these])
        yield from _means(these)


def _cells(row: Row) -> list[str]:
    return [
        time_of(row),
        str(row.seed),
        f"{row.score:.4f} ± {row.error:.4f}",
        percent(row.accuracy),
        percent(row.sparsity, 2),
        percent(row.dense_accuracy),
        f"{row.dense_epochs:.0f} + {row.epochs:.0f}",
        str(row.tries),
        percent(row.seconds / (60 * row.minutes)),
    ]


def time_of(row: Row) -> str:
    """Return a competition's time in words."""
    busy = ", one core taken for the first half" if row.is_busy else ""
    return plural(row.minutes, "minute") + busy


def _means(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a sentence for every time that was measured with several seeds."""
    for name in dict.fromkeys(map(time_of, rows)):
        scores = [row.score for row in rows if time_of(row) == name]
        if len(scores) > 1:
            error = np.std(scores, ddof=1) / math.sqrt(len(scores))
            yield (
                f"{name}: mean of {plural(len(scores), 'seed')} **{np.mean(scores):.4f}** "
                f"± {error:.4f} by seed.\n"
            )
