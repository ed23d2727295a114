"""The metrics of runs that somebody looks at: a value that was read once is not read again."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.jobs.store.job import Job
from core.jobs.store.queries import Reading

Series = Mapping[str, Sequence[tuple[int, float]]]  # key -> [(step, value)] by step
MOST_RUNS = 64


@dataclass(frozen=True)
class _Known:
    """What has been read of one run.

    phase: as long as it is the same, values are only added, and the last of a key may change.
    """

    phase: tuple[object, ...] = ()
    series: Series = field(default_factory=dict)
    rows: Mapping[int, Mapping[str, float]] = field(default_factory=dict)


class LiveMetrics:
    """Reads of a run only what is new since the last look; safe to use from many threads."""

    def __init__(self, store: Reading, most_runs: int = MOST_RUNS) -> None:
        """most_runs: the runs looked at longest ago are forgotten beyond so many."""
        self._store, self._most = store, most_runs
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, job: Job) -> Series:
        """Return key -> [(step, value)] by step, as `Reading.metrics` does."""
        return self._now(job).series

    def by_step(self, job: Job) -> list[tuple[int, Mapping[str, float]]]:
        """Return (step, key -> value) of every step, in order."""
        return sorted(self._now(job).rows.items(), key=lambda pair: pair[0])

    def _now(self, job: Job) -> _Known:
        with self._lock:
            known = self._known.pop(job.id, _Known())
            phase = _phase(job)
            is_same = known.phase == phase
            if not is_same or not job.ended:
                known = (_with_new(known, self._store, job) if is_same else None) or _added(
                    _Known(phase), self._store.metrics(job.id)
                )
            self._known[job.id] = known
            while len(self._known) > self._most:
                self._known.popitem(last=False)
            return known


def _phase(job: Job) -> tuple[object, ...]:
    """Return what differs once a run was deleted, imported, begun anew, resumed, or has ended."""
    return job.sequence, job.created, job.imported, job.attempt, job.started, job.state, job.ended


def _with_new(known: _Known, store: Reading, job: Job) -> _Known | None:
    """Return what is known with what came since; None if what is known is no longer there."""
    last = {key: points[-1][0] for key, points in known.series.items()}
    fresh = store.metrics_from(job.id, last)
    if any(key not in fresh or fresh[key][0][0] != step for key, step in last.items()):
        return None
    return _added(known, fresh)


def _added(known: _Known, fresh: Series) -> _Known:
    """Return what is known with values that begin at the last step of each key."""
    series = {key: [*known.series.get(key, ())[:-1], *points] for key, points in fresh.items()}
    rows = dict(known.rows)
    for key, points in fresh.items():
        for step, value in points:
            rows[step] = {**rows.get(step, {}), key: value}
    return _Known(known.phase, series, rows)
