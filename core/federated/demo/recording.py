"""A trainer that remembers what passed through it: who worked from where, and where each ended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.federated.algorithm import Updates
from core.federated.trainers.delegating import DelegatingTrainer
from core.federated.trainers.trainer import Tick, Trainer, Work


class PathWatcher:
    """Looks at where a round's clients stand at some points of their way."""

    def __init__(self, points: int) -> None:
        """points: of a path, evenly spread over its steps; the start is none of them."""
        self._points = points
        self._seen: list[np.ndarray] = []

    def stops(self, steps: int) -> list[int]:
        """Return the steps to look after, the last one included."""
        places = np.rint(np.linspace(0, steps, self._points + 1)).astype(int)
        return [int(place) for place in np.unique(places) if place]

    def see(self, places: np.ndarray, vectors: np.ndarray) -> None:
        """Keep the models, in the order of the round's clients."""
        self._seen.append(vectors[np.argsort(places)])

    def path(self, ends: np.ndarray) -> np.ndarray:
        """Return what was seen since the last call, (m, points, P); short of points, ends go on."""
        seen, self._seen = self._seen, []
        return np.stack([*seen, *[ends] * (self._points - len(seen))], axis=1)


@dataclass(frozen=True)
class RecordedRound:
    """One round of one run.

    ends: (m, P) models of `work.clients` after their local steps. path: (m, points, P), those on
    their way that the watcher saw.
    """

    work: Work
    ends: np.ndarray
    path: np.ndarray


class RecordingTrainer(DelegatingTrainer):
    """Lets another trainer work for one run, and keeps every round's work, its ends and paths."""

    def __init__(self, trainer: Trainer, watcher: PathWatcher | None = None) -> None:
        """watcher: the one that looks at the other trainer's work; None keeps the ends alone."""
        super().__init__(trainer)
        self._watcher = watcher or PathWatcher(1)
        self.rounds: list[RecordedRound] = []

    def train(self, works: Sequence[Work], tick: Tick) -> Iterator[tuple[int, Updates]]:
        """Yield the updates as they come."""
        (work,) = works
        ends: np.ndarray = np.empty((len(work.clients), work.start.size))
        for number, some in self._trainer.train(works, tick):
            for client, delta in zip(some.clients.tolist(), some.deltas, strict=True):
                ends[work.clients.tolist().index(client)] = work.start + delta
            yield number, some
        self.rounds.append(RecordedRound(work, ends, self._watcher.path(ends)))
