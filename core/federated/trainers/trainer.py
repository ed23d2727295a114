"""Local work: what the simulation asks of whoever trains the clients.

Four trainers answer: `plain` (one client after the other), `batched` (all at once), `cnn`
(TensorFlow) and `cluster` (any of them on a Dask cluster).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from core.federated.algorithm import Instruction, Updates
from core.federated.network.vector import Shapes, flatten, unflatten
from core.randomness import generator

POOLED = -1
Tick = Callable[[], None]


@dataclass(frozen=True)
class Work:
    """What one run asks of its clients in one round.

    start: w, (P,). clients: (m,) numbers, or POOLED for everybody's samples as one client.
    steps: (m,) local steps. weights: (m,), sum to 1. batch_size 0 is all of a client's samples.
    The batches of client k in round r are the stream ("client", k, "round", r) of the seed.
    """

    start: np.ndarray
    clients: np.ndarray
    steps: np.ndarray
    weights: np.ndarray
    batch_size: int
    learning_rate: float
    l2: float = 0.0
    seed: int = 0
    round: int = 1
    instruction: Instruction = field(default_factory=Instruction)

    def rng(self, client: int) -> np.random.Generator:
        """Return the stream of one client's batches in this round."""
        return generator(self.seed, "client", int(client), "round", self.round)

    def step_offset(self, clients: np.ndarray) -> np.ndarray | None:
        """Return what these clients add at every step, (n, P): -lr (correction - mu w_start)."""
        instruction = self.instruction
        mu: Any = instruction.prox_mu
        if instruction.correction is None and not np.any(mu):
            return None
        if np.ndim(mu):
            mu = mu[clients, None].astype(self.start.dtype)
        towards = mu * self.start
        extra = 0 if instruction.correction is None else instruction.correction(clients)
        offset = np.asarray(self.learning_rate * (towards - extra), self.start.dtype)
        return np.broadcast_to(offset, (len(clients), self.start.size))

    def decayed(self, gradients: np.ndarray, shapes: Shapes) -> np.ndarray:
        """Return gradients of the mean loss at the start, (n, P), with the weight decay's part.

        The clients minimise both, so a control variate that estimates their gradient needs both.
        """
        if self.l2 == 0:
            return gradients
        decay = {
            name: self.l2 * value if name.endswith("kernel") else np.zeros_like(value)
            for name, value in unflatten(self.start, shapes).items()
        }
        return np.asarray(gradients + flatten(decay), gradients.dtype)

    def part(self, rows: np.ndarray) -> "Work":
        """Return the work of the clients at places `rows`, fit to travel to another process."""
        correction = self.instruction.correction
        if correction is not None:
            clients = self.clients[rows]
            own = dict(zip(clients.tolist(), correction(clients), strict=True))
            correction = _Corrections(own)
        return replace(
            self,
            clients=self.clients[rows],
            steps=self.steps[rows],
            weights=self.weights[rows],
            instruction=replace(self.instruction, correction=correction),
        )

    def updates(
        self, rows: np.ndarray, deltas: np.ndarray, gradients: np.ndarray | None
    ) -> Updates:
        """Return the finished updates of the clients at places `rows`."""
        clients, steps, weights = self.clients[rows], self.steps[rows], self.weights[rows]
        return Updates(clients, deltas, steps, weights, self.learning_rate, gradients)


@dataclass(frozen=True)
class _Corrections:
    """The corrections of some clients only, without the server's table of all."""

    vectors: Mapping[int, np.ndarray]

    def __call__(self, clients: np.ndarray) -> np.ndarray:
        return np.stack([self.vectors[client] for client in clients.tolist()])


@dataclass(frozen=True)
class Evaluation:
    """How a model does on every client's samples: sums per client, (clients,) each."""

    train_loss: np.ndarray
    train_correct: np.ndarray
    validation_loss: np.ndarray
    validation_correct: np.ndarray


class Trainer(Protocol):
    """Trains and evaluates one network on one federation."""

    @property
    def shapes(self) -> Shapes:
        """The parameters' names and shapes, in the order of the vector."""
        ...

    def initial(self, seed: int) -> np.ndarray:
        """Return the parameters before the first round, (P,)."""
        ...

    def train(self, works: Sequence[Work], tick: Tick) -> Iterator[tuple[int, Updates]]:
        """Yield (number of the work, updates) in any order; call `tick` every fraction of a second.

        Only what is yielded is held in memory, so that a round may have any number of clients.
        """
        ...

    def evaluate(self, vector: np.ndarray) -> Evaluation:
        """Return losses and hits on every client's training and validation samples."""
        ...

    def gradients(self, vector: np.ndarray, clients: np.ndarray) -> np.ndarray:
        """Return the gradient of every client's mean training loss, (n, P)."""
        ...
