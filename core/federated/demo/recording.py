"""A trainer that remembers what passed through it: who worked from where, and where each ended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.federated.algorithm import Updates
from core.federated.trainers.delegating import DelegatingTrainer
from core.federated.trainers.trainer import Tick, Trainer, Work


@dataclass(frozen=True)
class RecordedRound:
    """One round of one run. ends: (m, P) models of `work.clients` after their local steps."""

    work: Work
    ends: np.ndarray


class RecordingTrainer(DelegatingTrainer):
    """Lets another trainer work for one run, and keeps every round's work and its ends."""

    def __init__(self, trainer: Trainer) -> None:
        super().__init__(trainer)
        self.rounds: list[RecordedRound] = []

    def train(self, works: Sequence[Work], tick: Tick) -> Iterator[tuple[int, Updates]]:
        """Yield the updates as they come."""
        (work,) = works
        ends: np.ndarray = np.empty((len(work.clients), work.start.size))
        for number, some in self._trainer.train(works, tick):
            for client, delta in zip(some.clients.tolist(), some.deltas, strict=True):
                ends[work.clients.tolist().index(client)] = work.start + delta
            yield number, some
        self.rounds.append(RecordedRound(work, ends))


def local_path(trainer: Trainer, work: Work, stops: Sequence[int]) -> np.ndarray:
    """Return where a round's clients stand after some numbers of local steps, (m, stops, P).

    A client's batches are one stream a round, so a run of fewer steps is the beginning of a longer
    one. Stops beyond a client's last step stay there.
    """
    works = [replace(work, steps=np.minimum(work.steps, stop)) for stop in stops if stop]
    path = np.repeat(work.start[None, None].astype(np.float64), len(stops), 1)
    path = np.repeat(path, len(work.clients), 0)
    places = {client: row for row, client in enumerate(work.clients.tolist())}
    moved = [place for place, stop in enumerate(stops) if stop]
    for number, some in trainer.train(works, _no_tick):
        for client, delta in zip(some.clients.tolist(), some.deltas, strict=True):
            path[places[client], moved[number]] += delta
    return path


def _no_tick() -> None:
    """Do nothing: a picture's work is too short to be stopped."""
