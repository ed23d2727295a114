"""Which sample every client sees at every step, laid out so that a step is one slice.

Clients stand sorted by their number of steps, so those still working at a step are the first ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.federated.clients import Samples
from core.federated.trainers.trainer import POOLED, Work


@dataclass(frozen=True)
class Row:
    """One client of one run: the place `place` in the work number `work`."""

    work: int
    place: int
    client: int
    steps: int


@dataclass(frozen=True)
class Schedule:
    """The batches of some rows, step by step.

    active: (steps,) rows at work in a step. starts: (steps + 1,) where a step's slice begins, in
    batches. samples: (batches, batch_size) places in the federation's arrays. scales: the same
    shape, -learning_rate / batch length, 0 where a short batch is padded.
    """

    active: np.ndarray
    starts: np.ndarray
    samples: np.ndarray
    scales: np.ndarray


def sorted_rows(works: Sequence[Work]) -> list[Row]:
    """Return every client of every work, most steps first."""
    rows = [
        Row(number, place, int(client), int(steps))
        for number, work in enumerate(works)
        for place, (client, steps) in enumerate(zip(work.clients, work.steps, strict=True))
    ]
    return sorted(rows, key=lambda row: -row.steps)


def schedule_of(
    rows: Sequence[Row], works: Sequence[Work], train: Samples, dtype: type
) -> Schedule:
    """Return the schedule of `rows`, which must be sorted by steps and share one batch size."""
    batch_size = works[rows[0].work].batch_size
    steps = np.array([row.steps for row in rows])
    active = np.searchsorted(-steps, -np.arange(1, steps[0] + 1), side="right")
    starts = np.concatenate([[0], np.cumsum(active)])
    samples = np.empty((starts[-1], batch_size), np.intp)
    scales = np.full((starts[-1], batch_size), -works[0].learning_rate / batch_size, dtype)
    for place, row in enumerate(rows):
        work, at = works[row.work], starts[: row.steps] + place
        first, size = _owned(row, train)
        samples[at] = _places(row, work, first, size)
        if work.learning_rate != works[0].learning_rate:
            scales[at] = -work.learning_rate / batch_size
        rest = size % batch_size
        if rest:
            a_pass = size // batch_size + 1
            last = np.where(np.arange(batch_size) < rest, -work.learning_rate / rest, 0)
            scales[at[a_pass - 1 :: a_pass]] = last
    return Schedule(active, starts, samples, scales)


def _owned(row: Row, train: Samples) -> tuple[int, int]:
    """Return where the row's samples begin, and how many there are."""
    if row.client == POOLED:
        return 0, len(train)
    return int(train.offsets[row.client]), int(train.sizes[row.client])


def _places(row: Row, work: Work, first: int, size: int) -> np.ndarray:
    """Return (steps, batch_size) places of shuffled passes, padded with `first` where short."""
    a_pass = -(-size // work.batch_size)
    passes = -(-row.steps // a_pass)
    places = np.full((passes, a_pass * work.batch_size), first, np.intp)
    places[:, :size] += np.arange(size)
    rng = work.rng(row.client)
    for order in places[:, :size]:
        rng.shuffle(order)  # the draws of rng.permutation(size), without an array for each
    return places.reshape(-1, work.batch_size)[: row.steps]
