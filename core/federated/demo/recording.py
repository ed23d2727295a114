"""A trainer that remembers what passed through it: who worked from where, and where each ended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.federated.algorithm import Updates
from core.federated.network.vector import Shapes
from core.federated.trainers.trainer import Evaluation, Tick, Trainer, Work


@dataclass(frozen=True)
class RecordedRound:
    """One round of one run. ends: (m, P) models of `work.clients` after their local steps."""

    work: Work
    ends: np.ndarray


class RecordingTrainer:
    """Lets another trainer work for one run, and keeps every round's work and its ends."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self.rounds: list[RecordedRound] = []

    @property
    def shapes(self) -> Shapes:
        """The parameters' names and shapes."""
        return self._trainer.shapes

    def initial(self, seed: int) -> np.ndarray:
        """Return the parameters before the first round, (P,)."""
        return self._trainer.initial(seed)

    def evaluate(self, vector: np.ndarray) -> Evaluation:
        """Return losses and hits on every client's samples."""
        return self._trainer.evaluate(vector)

    def gradients(self, vector: np.ndarray, clients: np.ndarray) -> np.ndarray:
        """Return the gradient of every client's mean training loss, (n, P)."""
        return self._trainer.gradients(vector, clients)

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
