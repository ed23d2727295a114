"""SCAFFOLD: control variates undo the clients' drift."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from core.federated.algorithm import EQUAL, SAMPLES, Algorithm, Instruction, ServerState, Updates
from core.settings import setting


@dataclass(frozen=True)
class Scaffold(Algorithm):
    """Each client corrects its gradient by the server's control variate minus its own.

    A control variate estimates a gradient: a client's own that of its loss, the server's the mean
    over all clients. The server moves to the mean of the round's models and renews its control
    variate by the mean change of theirs. Weighted by samples, both means count a client by its
    share of the samples: of the round's for the model, of all clients' for the control variate.

    Source: Karimireddy et al. 2020, arXiv:1910.06378, Algorithm 1; section 2 on weights.
    """

    name: ClassVar[str] = "scaffold"
    label: ClassVar[str] = "SCAFFOLD"
    paper: ClassVar[str] = "Karimireddy et al. 2020, arXiv:1910.06378"
    vectors: ClassVar[int] = 2
    formula: ClassVar[str] = (
        r"w_k \leftarrow w_k - \eta\, (g_k - c_k + c),\quad"
        r" c \leftarrow c + \tfrac{1}{N} \sum_k (c_k^{\text{new}} - c_k)"
    )
    palette: ClassVar[int] = 3

    option: str = setting(
        "II",
        choices=("I", "II"),
        help="How a client renews its control variate: I, by a full gradient at the "
        "server's model; II, from the local steps taken.",
        why="I costs one more pass over the client's samples a round and is the steadier one.",
    )
    server_rate: float = setting(1.0, low=0.0, high=10.0, help="The server's learning rate.")
    weighting: str = setting(
        EQUAL,
        choices=(EQUAL, SAMPLES),
        omitted=True,
        help="What the clients' losses count: all alike, as in the paper, or by their samples.",
        why="FedAvg minimises the mean over samples. Compare it with the same weighting.",
    )

    @property
    def objective(self) -> str:
        """The mean that the weighting says."""
        return self.weighting

    def init(self, parameters: np.ndarray, shares: np.ndarray) -> ServerState:
        """Return w with all control variates zero."""
        controls = np.zeros((len(shares), parameters.size), parameters.dtype)
        weights = {"share": shares} if self.weighting == SAMPLES else {}
        return ServerState(
            parameters,
            server={"control": np.zeros_like(parameters)},
            clients={"control": controls, **weights},
        )

    def instruct(self, state: ServerState) -> Instruction:
        """Ask for local SGD corrected by c - c_k."""
        server, own = state.server["control"], state.clients["control"]
        return Instruction(correction=lambda k: server - own[k], gradients=self.option == "I")

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Move to the mean of the clients' models and renew the control variates."""
        controls, shares = state.clients["control"].copy(), state.clients.get("share")
        step, change, count = np.zeros(()), np.zeros(()), 0
        for some in updates:
            renewed, own = self._renewed(state, some), some.clients
            change = change + _sum(renewed - controls[own], None if shares is None else shares[own])
            step = step + _sum(some.deltas, None if shares is None else some.weights)
            count += len(own)
            controls[own] = renewed
        if shares is None:
            step, change = step / count, change / len(controls)
        control = np.asarray(state.server["control"] + change)
        moved = state.moved(np.asarray(self.server_rate * step), control=control)
        return replace(moved, clients={**state.clients, "control": controls})

    def _renewed(self, state: ServerState, some: Updates) -> np.ndarray:
        if some.gradients is not None:
            return some.gradients
        mean_gradient = -some.deltas / (some.steps[:, None] * some.learning_rate)
        excess: np.ndarray = state.clients["control"][some.clients] - state.server["control"]
        renewed: np.ndarray = excess + mean_gradient
        return renewed.astype(state.parameters.dtype)


def _sum(vectors: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Return the sum of (n, P) vectors in float64, each times its weight if there are any."""
    if weights is None:
        return np.asarray(vectors.sum(axis=0, dtype=np.float64))
    return np.asarray(weights @ vectors.astype(np.float64))


ALGORITHM = Scaffold
