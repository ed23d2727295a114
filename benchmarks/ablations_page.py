"""The rows of benchmarks/ablations.json, and docs/ablations.md made of them."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.evaluation.paired import Lead
from core.evaluation.score import score
from core.files import atomic_write
from core.pruning.plan import PrunePlan

HERE = Path(__file__).parent
ROWS, PAGE = HERE / "ablations.json", HERE.parent / "docs" / "ablations.md"


@dataclass(frozen=True)
class Row:
    """One finished run.

    right: which of its images it classified right, packed eight to a byte, in hexadecimal.
    seconds: the run's own, on the machine that it was given.
    """

    id: str
    option: str
    seed: int
    images: int
    right: str
    sparsity: float
    epochs: float
    seconds: float

    @property
    def answers(self) -> np.ndarray:
        """(images,) bool: classified right."""
        packed = np.frombuffer(bytes.fromhex(self.right), np.uint8)
        return np.unpackbits(packed, count=self.images).astype(bool)

    @property
    def accuracy(self) -> float:
        """Share of its images classified right."""
        return float(self.answers.mean())

    @property
    def score(self) -> float:
        """The assignment's score of its accuracy and sparsity."""
        return score(self.accuracy, self.sparsity)


def right_of(answers: Sequence[np.ndarray]) -> tuple[str, int]:
    """Return several (n,) arrays of bool, one after the other, as `Row.right`; and their length."""
    every = np.concatenate(answers)
    return np.packbits(every).tobytes().hex(), len(every)


def read(path: Path) -> dict[str, Row]:
    """Return id -> row; nothing if there is no file yet."""
    if not path.exists():
        return {}
    stored = json.loads(path.read_text(encoding="utf-8"))
    return {values["id"]: Row(**values) for values in stored["runs"]}


def write(path: Path, rows: Iterable[Row]) -> None:
    """Replace the file by these rows, a line each, whole or not at all."""
    ordered = sorted(rows, key=lambda row: (row.option, row.seed, row.id))
    lines = ",\n".join(json.dumps(asdict(row), ensure_ascii=False) for row in ordered)
    with atomic_write(path) as part:
        part.write_text(f'{{"runs": [\n{lines}\n]}}\n', encoding="utf-8")


def gain(rows: Mapping[int, Row], baseline: Mapping[int, Row]) -> Lead | None:
    """Return how much more accurate an option is than the baseline of the same seeds.

    rows, baseline: seed -> run on the same images. The error is the larger of two: of the
    differences' spread over the seeds, and over the images, image by image in the mean of the
    seeds (all of them are judged by the same images). None without a seed in common.
    """
    seeds = sorted(rows.keys() & baseline.keys())
    if not seeds:
        return None
    each = np.array([rows[s].answers.astype(int) - baseline[s].answers.astype(int) for s in seeds])
    by_image = float(np.std(each.mean(axis=0), ddof=1)) / math.sqrt(each.shape[1])
    by_seed = float(np.std(each.mean(axis=1), ddof=1)) / math.sqrt(len(seeds)) if seeds[1:] else 0.0
    return Lead(float(each.mean()), max(by_image, by_seed), len(seeds))


def page(
    rows: Iterable[Row],
    data: str,
    base: PrunePlan,
    options: Mapping[str, Mapping[str, Any]],
    baseline: str,
) -> str:
    """Return the page of the rows that are there, and of the options that lack."""
    found: dict[str, dict[int, Row]] = {option: {} for option in options}
    for row in rows:
        found.setdefault(row.option, {})[row.seed] = row
    return "\n".join(_lines(found, data, base, baseline))


def _lines(
    found: Mapping[str, Mapping[int, Row]], data: str, base: PrunePlan, baseline: str
) -> Iterator[str]:
    whole = found[baseline]
    yield "# What each option is worth\n"
    yield (
        f"Made by `make ablations`: magnitude pruning at {base.sparsity:.1%} in {base.epochs} "
        "epochs with the default recipe, and with one option changed at a time; each seed with its "
        f"own dense network, those of [the results](results.md). Data set `{data}`.\n"
    )
    yield (
        "Accuracy and score are those of all validation and holdout images together "
        f"({_images(found)}), of the weights file as read again from disk. Training saw none of "
        "these images, but the validation half chose the epoch, in the baseline as in the others. "
        "Gain: points of accuracy above the baseline of the same seed and the same images, with "
        "two standard errors, the larger of the seeds' and of the images'. **Bold**: beyond them, "
        f"in either direction; of {len(found) - 1} options about one in twenty is by chance.\n"
    )
    yield from _table(found, whole)
    if lacking := [option for option, runs in found.items() if not runs]:
        yield f"\nNot measured yet, in this order: {'; '.join(lacking)}."
    yield ""


def _images(found: Mapping[str, Mapping[int, Row]]) -> str:
    counts = sorted({row.images for runs in found.values() for row in runs.values()})
    return " or ".join(f"{count:,}" for count in counts) if counts else "none measured yet"


def _table(found: Mapping[str, Mapping[int, Row]], whole: Mapping[int, Row]) -> Iterator[str]:
    if not any(found.values()):
        return
    yield "| option | n | accuracy | score | sparsity | gain | seconds |"
    yield "|---|---|---|---|---|---|---|"
    for option, runs in found.items():
        if runs:
            lead = None if runs is whole else gain(runs, whole)
            yield f"| {' | '.join([option, *_cells(list(runs.values()), lead)])} |"


def _cells(runs: Sequence[Row], lead: Lead | None) -> list[str]:
    means = [np.mean([getattr(run, n) for run in runs]) for n in ("score", "sparsity", "seconds")]
    points, sparsity, seconds = means
    accuracies = [run.accuracy for run in runs]
    spread = f" ± {np.std(accuracies, ddof=1):.4f}" if len(runs) > 1 else ""
    accuracy = f"{np.mean(accuracies):.4f}{spread}"
    return [
        str(len(runs)),
        accuracy,
        f"{points:.4f}",
        f"{sparsity:.4f}",
        _said(lead),
        f"{seconds:.0f}",
    ]


def _said(lead: Lead | None) -> str:
    if lead is None:
        return ""
    text = f"{100 * lead.mean:+.2f} ± {200 * lead.error:.2f}"
    return f"**{text}**" if lead.is_clear or lead.is_behind else text
