"""What the grid has not got: computed in processes beside the server, kept for everybody."""

import atexit
import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import lru_cache, partial
from threading import Lock
from typing import Any

from core.errors import SettingsError
from core.federated.demo.bundled_paths import Key, bundled_paths
from core.federated.demo.grid import same_as
from core.federated.demo.pictures import (
    CurvesPicture,
    PlanePicture,
    ToyPicture,
    Walked,
    common_box,
)
from core.federated.demo.pool import Pool
from core.federated.demo.spec import DemoRun
from core.federated.demo.task import Task
from core.records import Record

Picture = CurvesPicture | ToyPicture | PlanePicture
VIEWS = ("curves", "two", "plane")
MOST_PROCESSES = 4
MOST_KEPT = 300  # answers of at most 100 kB


class Answers:
    """Asks a pool for what it has not been asked before."""

    def __init__(self, pool: Pool, bundled: Mapping[Key, Record] = {}) -> None:
        """bundled: what need not be computed."""
        self.pool, self._bundled = pool, bundled
        self._kept: OrderedDict[Key, Record] = OrderedDict()
        self._running: dict[Key, Future[Record]] = {}
        self._lock = Lock()

    def pictures(self, questions: Sequence[tuple[str, DemoRun]]) -> list[Picture]:
        """Return the picture of each (view, run); planes asked together share their axis ranges.

        Raises SettingsError for an unknown view, LabError if a process died.
        """
        if unknown := [view for view, _ in questions if view not in VIEWS]:
            raise SettingsError(f"There is no view {unknown[0]!r}. Reload the page.")
        asked = [(view, same_as(run)) for view, run in questions]
        together = tuple(dict.fromkeys(run for view, run in asked if view == "plane"))
        keys = [(view, run, together if view == "plane" else ()) for view, run in asked]
        found = self._known(keys)
        missing = [key for key in keys if key not in found]
        walking = together if any(make == "plane" for make, *_ in missing) else ()
        # A walk has the run's history too: nothing is simulated twice.
        others = [key for key in missing if key[0] == "two" or key[1] not in walking]
        found |= self._made([*(("walk", run, ()) for run in walking), *others])
        walks = {run: found["walk", run, ()] for run in walking}
        found |= {("curves", run, ()): walk.curves for run, walk in walks.items()}
        found |= self._made([("plane", run, together) for run in walking], walks)
        return [found[key] for key in keys]

    def _known(self, keys: Sequence[Key]) -> dict[Key, Any]:
        with self._lock:
            for key in self._kept.keys() & {*keys}:
                self._kept.move_to_end(key)
            return {
                key: (self._kept if key in self._kept else self._bundled)[key]
                for key in keys
                if key in self._kept or key in self._bundled
            }

    def _made(self, keys: Sequence[Key], walks: Mapping[DemoRun, Walked] = {}) -> dict[Key, Any]:
        """Return the answers: those that are known, and the rest computed, the longest first."""
        found = self._known(keys)
        missing = sorted({*keys} - {*found}, key=lambda key: (-key[1].local_steps, key[0]))
        box = common_box(list(walks.values())) if walks else ()
        tasks = [Task(make, run, walks.get(run), box) for make, run, _ in missing]
        futures = [self._begun(key, task) for key, task in zip(missing, tasks, strict=True)]
        found |= {key: future.result() for key, future in zip(missing, futures, strict=True)}
        return found

    def _begun(self, key: Key, task: Task) -> Future[Record]:
        """Return the answer to come; who asks for what is being computed waits for the same."""
        with self._lock:
            if key in self._running:
                return self._running[key]
            future = self._running[key] = self.pool.submit(task)
        future.add_done_callback(partial(self._keep, key))
        return future

    def _keep(self, key: Key, future: Future[Record]) -> None:
        """Keep an answer as soon as it is there: its question may wait for others, or be gone."""
        with self._lock:
            del self._running[key]
            if future.exception() is None:
                self._kept[key] = future.result()
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


@lru_cache(maxsize=1)
def answers() -> Answers:
    """Return this process's answers."""
    pool = Pool(min(MOST_PROCESSES, os.cpu_count() or 1))
    atexit.register(pool.end)
    return Answers(pool, bundled_paths())
