"""Notices that nothing moves although an engine is there, and says why."""

import shutil
import time
from collections.abc import Callable

from core.jobs.engine.lock import is_held
from core.jobs.store.dispatch import engines, location_name
from core.jobs.store.store import Store
from core.text import binary_size, duration
from core.workspace import Workspace

SILENT_SECONDS = 10.0  # an engine that is well says so every second
LEAST_FREE_BYTES = 1024**2  # below it the store of runs cannot grow
LOOK_SECONDS, POLL_SECONDS = 1.0, 0.05


class EngineWatch:
    """Watches one workspace's engine by the counter it raises; times are of our own clock."""

    def __init__(
        self, workspace: Workspace, store: Store, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._workspace, self._store, self._now = workspace, store, now
        self._seen: tuple[str, int] | None = None
        self._since = self._looked = now()
        self._found = ""

    def silent_seconds(self) -> float:
        """Return for how long the engine has been there without a sign of life."""
        here = location_name(self._workspace.root)
        rows = [engine for engine in engines(self._store.database) if engine.location == here]
        beat = (rows[-1].owner, rows[-1].beat) if rows else None
        if beat != self._seen or not is_held(self._workspace.engine_lock):
            self._seen, self._since = beat, self._now()
        return self._now() - self._since

    def answers_within(self, seconds: float) -> bool:
        """Wait for a sign of life; return whether there was one."""
        self.silent_seconds()
        seen, end = self._seen, self._now() + seconds
        while self._seen == seen and self._now() < end:
            time.sleep(POLL_SECONDS)
            self.silent_seconds()
        return self._seen != seen

    def trouble(self) -> str:
        """Return why unfinished jobs do not move, with the remedy; "" while they may.

        Cheap: it looks once a second, however often it is asked.
        """
        if not self._found or self._now() - self._looked >= LOOK_SECONDS:
            self._looked, self._found = self._now(), self._look()
        return self._found

    def _look(self) -> str:
        silent = self.silent_seconds()
        free = shutil.disk_usage(self._workspace.root).free
        if free < LEAST_FREE_BYTES:
            return (
                f"The disk with {self._workspace.root} is full ({binary_size(free)} left). Jobs "
                "wait; free some space, and they go on by themselves."
            )
        if silent >= SILENT_SECONDS:
            return not_answered(silent)
        return ""


def not_answered(seconds: float) -> str:
    """Return the sentence for an engine that lives but does not move."""
    return (
        f"The engine has not answered for {duration(seconds)}. It may be frozen, or kept from the "
        "store of runs by a full disk or another program. End it with: python -m core engine stop. "
        "The next one goes on from the last checkpoints."
    )
