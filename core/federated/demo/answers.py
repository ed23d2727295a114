"""What the grid has not got: computed in processes beside the server, kept for everybody."""

import atexit
import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

from core.errors import SettingsError
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
Box = tuple[float, ...]
# What a child makes, of which run, on which plane's axis ranges.
Key = tuple[str, DemoRun, Box]
VIEWS = ("curves", "two", "plane")
MOST_PROCESSES = 4
MOST_KEPT = 300  # answers of at most 100 kB


class Answers:
    """Asks a pool for what it has not been asked before."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._kept: OrderedDict[Key, Record] = OrderedDict()
        self._lock = Lock()

    def pictures(self, questions: Sequence[tuple[str, DemoRun]]) -> list[Picture]:
        """Return the picture of each (view, run); planes asked together share their axis ranges.

        Raises SettingsError for an unknown view, LabError if a process died.
        """
        if unknown := [view for view, _ in questions if view not in VIEWS]:
            raise SettingsError(f"There is no view {unknown[0]!r}. Reload the page.")
        asked = [(view, same_as(run)) for view, run in questions]
        walking = {run for view, run in asked if view == "plane"}
        # A walk has the run's history too: nothing is simulated twice.
        walked = {"curves", "plane"}
        keys = [
            ("walk" if run in walking and view in walked else view, run, ()) for view, run in asked
        ]
        found = self._made(keys)
        walks = {run: each for (make, run, _), each in found.items() if make == "walk"}
        box = common_box(list(walks.values())) if walks else ()
        found |= self._made([("plane", run, box) for run in walks], walks)
        return [_picture(found, view, run, box) for view, run in asked]

    def _made(self, keys: Sequence[Key], walks: Mapping[DemoRun, Walked] = {}) -> dict[Key, Any]:
        """Return the answers: those that are kept, and the rest computed, the longest first."""
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
        missing = sorted({*keys} - {*found}, key=lambda key: (-key[1].local_steps, key[0]))
        tasks = [Task(make, run, walks.get(run), box) for make, run, box in missing]
        found |= dict(zip(missing, self.pool.answers(tasks), strict=True))
        self._keep(found)
        return found

    def _keep(self, found: Mapping[Key, Record]) -> None:
        with self._lock:
            for key, each in found.items():
                self._kept[key] = each
                self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


def _picture(found: Mapping[Key, Any], view: str, run: DemoRun, box: Box) -> Picture:
    if view == "curves" and ("walk", run, ()) in found:
        curves: CurvesPicture = found["walk", run, ()].curves
        return curves
    picture: Picture = found[view, run, box if view == "plane" else ()]
    return picture


@lru_cache(maxsize=1)
def answers() -> Answers:
    """Return this process's answers."""
    pool = Pool(min(MOST_PROCESSES, os.cpu_count() or 1))
    atexit.register(pool.end)
    return Answers(pool)
