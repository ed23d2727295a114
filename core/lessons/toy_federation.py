"""A federation small enough to draw: two parameters, three clients, the real algorithms.

Client k's loss is a bowl, f_k(w) = 1/2 (w - c_k)' A_k (w - c_k); the server wants the lowest
point of their mean. Everything but the bowls is the code that real runs use.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import SettingsError
from core.federated.algorithm import Algorithm, Instruction, ServerState, Updates

START = np.array([-2.2, 1.8])
CENTRES = np.array([[2.0, 1.2], [-0.6, -1.6], [-1.2, 1.6]])
BOWLS = np.array([[[1.6, 0.3], [0.3, 0.5]], [[0.4, 0.0], [0.0, 1.8]], [[0.9, -0.4], [-0.4, 0.9]]])
SIZES = np.full(3, 1 / 3)  # shares of all samples: equal, as SCAFFOLD's plain mean wants them


@dataclass(frozen=True)
class Federation:
    """Three clients; heterogeneity 0 gives all the same bowl, 1 gives each its own.

    Raises SettingsError if the heterogeneity is not in [0, 1].
    """

    heterogeneity: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.heterogeneity <= 1.0:
            raise SettingsError(f"heterogeneity is {self.heterogeneity}. Choose a value in [0, 1].")

    def centres(self) -> np.ndarray:
        """Return every client's lowest point, (3, 2)."""
        return self._mixed(CENTRES)

    def bowls(self) -> np.ndarray:
        """Return every client's matrix, (3, 2, 2)."""
        return self._mixed(BOWLS)

    def _mixed(self, own: np.ndarray) -> np.ndarray:
        common = np.tensordot(SIZES, own, axes=1)
        return common + self.heterogeneity * (own - common)

    def gradient(self, client: int, w: np.ndarray) -> np.ndarray:
        """Return the gradient of one client's loss, (2,)."""
        return np.asarray(self.bowls()[client] @ (w - self.centres()[client]))

    def loss(self, w: np.ndarray) -> np.ndarray:
        """Return the weighted mean loss at points (..., 2)."""
        total = np.zeros(w.shape[:-1])
        for size, centre, bowl in zip(SIZES, self.centres(), self.bowls(), strict=True):
            away = w - centre
            total = total + size * 0.5 * np.einsum("...i,ij,...j->...", away, bowl, away)
        return total

    def optimum(self) -> np.ndarray:
        """Return the lowest point of the mean loss, (2,)."""
        weighted = SIZES[:, None, None] * self.bowls()
        right = np.einsum("kij,kj->i", weighted, self.centres())
        return np.asarray(np.linalg.solve(weighted.sum(axis=0), right))


@dataclass(frozen=True)
class Round:
    """One round: where the server stood, every client's path (clients, steps + 1, 2), the mean."""

    start: np.ndarray
    paths: np.ndarray
    end: np.ndarray


def play(
    algorithm: Algorithm,
    federation: Federation,
    rounds: int,
    local_steps: int,
    learning_rate: float = 0.15,
    start: np.ndarray = START,
) -> list[Round]:
    """Return the rounds of an algorithm on the toy federation, all clients taking part."""
    state = algorithm.init(start.astype(np.float64), SIZES)
    played: list[Round] = []
    for _ in range(rounds):
        played.append(_round(algorithm, federation, state, local_steps, learning_rate))
        state = algorithm.aggregate(
            state, [_updates(algorithm, federation, state, played[-1].paths, learning_rate)]
        )
        played[-1] = Round(played[-1].start, played[-1].paths, state.parameters)
    return played


def _round(
    algorithm: Algorithm,
    federation: Federation,
    state: ServerState,
    local_steps: int,
    learning_rate: float,
) -> Round:
    instruction = algorithm.instruct(state)
    steps = instruction.steps or local_steps
    paths = [_path(federation, k, state, instruction, steps, learning_rate) for k in range(3)]
    if instruction.pooled:
        mean = np.tensordot(SIZES, np.array(paths), axes=1)
        paths = [mean] * len(SIZES)
    return Round(state.parameters, np.array(paths), state.parameters)


def _path(
    federation: Federation,
    client: int,
    state: ServerState,
    instruction: Instruction,
    steps: int,
    learning_rate: float,
) -> np.ndarray:
    """Return where one client goes: g + mu (w - w_start) + correction, step by step."""
    extra = 0.0
    if instruction.correction is not None:
        extra = instruction.correction(np.array([client]))[0]
    points = [state.parameters]
    for _ in range(steps):
        w = points[-1]
        proximal = instruction.mu_of(client) * (w - state.parameters)
        points.append(w - learning_rate * (federation.gradient(client, w) + proximal + extra))
    return np.array(points)


def _updates(
    algorithm: Algorithm,
    federation: Federation,
    state: ServerState,
    paths: np.ndarray,
    learning_rate: float,
) -> Updates:
    clients = np.arange(len(SIZES))
    gradients = None
    if algorithm.instruct(state).gradients:
        gradients = np.array([federation.gradient(int(k), state.parameters) for k in clients])
    return Updates(
        clients=clients,
        deltas=paths[:, -1] - state.parameters,
        steps=np.full(len(clients), paths.shape[1] - 1),
        weights=SIZES,
        learning_rate=learning_rate,
        gradients=gradients,
    )


def server_path(played: Sequence[Round]) -> np.ndarray:
    """Return where the server stood before the first and after every round, (rounds + 1, 2)."""
    return np.array([played[0].start, *(each.end for each in played)])
