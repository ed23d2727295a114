"""The rows of every run of a workspace, each read from the store once per change."""

import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.evaluation.score import score
from core.jobs.store.store import Store
from core.pruning.search.spec import SweepSpec
from core.runs.activity import HIDDEN
from core.runs.by_version import ByVersion
from core.runs.table.row import REFERENCE, RunRow, row_of

LONGEST_CHAIN = 8  # networks made from networks, until the first that says what it is
_numbers = itertools.count(1)  # no two indexes of a process give editions the same number


@dataclass(frozen=True)
class RunEdition:
    """The rows at one moment, newest first. number: another one once a row has changed."""

    number: int
    rows: tuple[RunRow, ...]


class RunIndex:
    """The rows of one store; runs that have not changed are not read again.

    A run that only makes progress is read again, and leaves the edition as it is.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._revision = ""
        self._read = ByVersion(store, row_of)
        self._lock = threading.Lock()
        self._edition = RunEdition(0, ())

    def now(self) -> RunEdition:
        """Return every run that a person started, and the parts of those."""
        with self._lock:
            revision = self._store.revision()
            if revision != self._revision:
                self._bring_up_to_date()
                self._revision = revision
            return self._edition

    def _bring_up_to_date(self) -> None:
        self._read.update(self._store.versions(without=HIDDEN))
        # Always: a sweep may ask for a run that is there already, which changes neither.
        rows = complete(self._read.values, self._store.families())
        if rows != self._edition.rows:
            self._edition = RunEdition(next(_numbers), rows)


def complete(rows: Sequence[RunRow], families: Mapping[str, Sequence[str]]) -> tuple[RunRow, ...]:
    """Return the rows with what other rows say of them: the network, and a sweep's best one."""
    by_id = {row.id: row for row in rows}
    return tuple(_with_best(_with_network(row, by_id), by_id, families) for row in rows)


def _with_network(row: RunRow, by_id: Mapping[str, RunRow]) -> RunRow:
    """Return the row with the architecture of the network it starts from."""
    if row.network or not row.source:
        return row
    first: RunRow | None = row
    for _ in range(LONGEST_CHAIN):
        if first is None or first.network or not first.source:
            break
        first = by_id.get(first.source)
    name = (first.network or (REFERENCE if first.has_point else "")) if first else ""
    return replace(row, network=name) if name else row


def _with_best(
    row: RunRow, by_id: Mapping[str, RunRow], families: Mapping[str, Sequence[str]]
) -> RunRow:
    if row.kind != SweepSpec.kind:
        return row
    parts = (by_id[id] for id in families.get(row.id, ()) if id in by_id)
    pruned = [part for part in parts if part.kind == "prune" and part.has_point]
    best = max((part for part in pruned if not part.imported), key=_objective, default=None)
    if best is None:
        return row
    return replace(row, accuracy=best.accuracy, sparsity=best.sparsity, score=best.score)


def _objective(row: RunRow) -> tuple[float, float, int]:
    """Return what a network is chosen by, as `best_by_validation`; ties to the first."""
    reached = row.validation or 0.0
    return score(reached, row.sparsity or 0.0), reached, -row.sequence
