"""How long work took in all, over every attempt it needed."""

import time
from collections.abc import Mapping

import numpy as np

from core.progress import Progress

KEY = "seconds-spent"


class Timed:
    """A Progress that carries the seconds spent along in the checkpoint."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        saved = progress.load() or {}
        self._before = float(saved.get(KEY, 0.0))
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds of work so far; work lost with a killed attempt does not count."""
        return self._before + time.monotonic() - self._started

    def report(self, done: float, total: float, message: str = "") -> None:
        """Pass on."""
        self._progress.report(done, total, message)

    def record(self, step: int, **values: float) -> None:
        """Pass on."""
        self._progress.record(step, **values)

    def save(self, state: Mapping[str, np.ndarray]) -> None:
        """Save the state with the time spent on it."""
        self._progress.save({**state, KEY: np.array(self.seconds)})

    def load(self) -> dict[str, np.ndarray] | None:
        """Return the state without the time."""
        saved = self._progress.load()
        return None if saved is None else {k: v for k, v in saved.items() if k != KEY}
