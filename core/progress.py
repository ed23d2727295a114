"""How long work reports, stops and resumes: the one contract between science and jobs.

Science calls `report` often and `save` at least once an epoch, round or layer; it never knows
who listens. The job runner passes a Progress that writes to the store; a notebook passes none.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

Arrays = Mapping[str, np.ndarray]


class Stopped(Exception):
    """The user asked this work to stop; raised by `report` and `save`, caught by the runner."""


class Progress(Protocol):
    """Where long work reports to; all methods may raise Stopped."""

    def report(self, done: float, total: float, message: str = "") -> None:
        """Say how far the work is (same unit for both); cheap enough for every batch."""
        ...

    def record(self, step: int, **values: float) -> None:
        """Store metric values of a step (an epoch, a round); the same step overwrites."""
        ...

    def save(self, state: Arrays) -> None:
        """Make `state` the place to resume from, durably and atomically."""
        ...

    def load(self) -> dict[str, np.ndarray] | None:
        """Return the state last saved, or None at a fresh start."""
        ...


class Silent:
    """A Progress that nobody watches: keeps the last state in memory."""

    def __init__(self) -> None:
        self.state: dict[str, np.ndarray] | None = None

    def report(self, done: float, total: float, message: str = "") -> None:
        """Ignore the report."""

    def record(self, step: int, **values: float) -> None:
        """Ignore the values."""

    def save(self, state: Arrays) -> None:
        """Keep the state in memory."""
        self.state = dict(state)

    def load(self) -> dict[str, np.ndarray] | None:
        """Return the state kept in memory."""
        return self.state


class Phases:
    """Work in named phases on one Progress: finished phases are kept and never run again.

    Each phase saves and loads under its own prefix in the one checkpoint, so that resuming
    inside the third phase needs no memory of how the first two went, only their results.
    """

    def __init__(self, progress: Progress, shares: Mapping[str, float]) -> None:
        """shares: phase name -> expected share of the whole time, in order of execution."""
        self._progress = progress
        self._state: dict[str, np.ndarray] = dict(progress.load() or {})
        self._shares = dict(shares)

    def run(self, name: str, work: Callable[[Progress], Arrays]) -> dict[str, np.ndarray]:
        """Return the result of phase `name`, from the checkpoint if it had finished."""
        if f"{name}/finished" not in self._state:
            result = work(_PhaseProgress(self, name))
            self._replace(name, "result", result)
            self._state[f"{name}/finished"] = np.array(True)
            self._progress.save(self._state)
        return self._part(name, "result")

    def _part(self, name: str, part: str) -> dict[str, np.ndarray]:
        prefix = f"{name}/{part}/"
        return {k[len(prefix) :]: v for k, v in self._state.items() if k.startswith(prefix)}

    def _replace(self, name: str, part: str, arrays: Arrays) -> None:
        kept = {k: v for k, v in self._state.items() if not k.startswith(f"{name}/")}
        self._state = kept | {f"{name}/{part}/{k}": np.asarray(v) for k, v in arrays.items()}

    def _report(self, name: str, share_done: float, message: str) -> None:
        names = list(self._shares)
        before = sum(self._shares[n] for n in names[: names.index(name)])
        total = sum(self._shares.values())
        self._progress.report((before + self._shares[name] * share_done) / total, 1.0, message)


class _PhaseProgress:
    """One phase's view of the whole Progress."""

    def __init__(self, phases: Phases, name: str) -> None:
        self._phases, self._name = phases, name

    def report(self, done: float, total: float, message: str = "") -> None:
        share = done / total if total else 1.0
        self._phases._report(self._name, share, message or self._name)

    def record(self, step: int, **values: float) -> None:
        named = {f"{self._name}/{key}": value for key, value in values.items()}
        self._phases._progress.record(step, **named)

    def save(self, state: Arrays) -> None:
        self._phases._replace(self._name, "state", state)
        self._phases._progress.save(self._phases._state)

    def load(self) -> dict[str, np.ndarray] | None:
        return self._phases._part(self._name, "state") or None
