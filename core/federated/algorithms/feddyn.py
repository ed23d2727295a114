"""FedDyn: a changing regulariser makes the clients' optima agree with the server's."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from core.federated.algorithm import Algorithm, Instruction, ServerState, Updates
from core.settings import setting


@dataclass(frozen=True)
class FedDyn(Algorithm):
    """Clients minimise F_k(w) - <h_k, w> + alpha / 2 |w - w_t|^2.

    Then h_k <- h_k - alpha (w_k - w_t);
    h <- h - alpha / N sum (w_k - w_t); w <- mean of w_k - h / alpha, over the round's clients of N.
    Source: Acar et al. 2021, arXiv:2111.04263.
    """

    name: ClassVar[str] = "feddyn"
    label: ClassVar[str] = "FedDyn"
    paper: ClassVar[str] = "Acar et al. 2021, arXiv:2111.04263"
    formula: ClassVar[str] = (
        r"\min_v\; f_k(v) - \langle h_k, v \rangle + \tfrac{\alpha}{2} \lVert v - w \rVert^2"
    )
    palette: ClassVar[int] = 8

    alpha: float = setting(
        0.1,
        low=0.0001,
        high=100.0,
        help="Strength of the regulariser.",
        why="Small values let clients go far in a round; large ones slow them down.",
    )

    def init(self, parameters: np.ndarray, clients: int) -> ServerState:
        """Return w with all regularisers zero."""
        return ServerState(
            parameters,
            server={"gradient": np.zeros_like(parameters)},
            clients={"gradient": np.zeros((clients, parameters.size), parameters.dtype)},
        )

    def instruct(self, state: ServerState) -> Instruction:
        """Ask for local SGD on the regularised objective."""
        gradients = state.clients["gradient"]
        return Instruction(prox_mu=self.alpha, correction=lambda k: -gradients[k])

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Move to the mean model, less what the regularisers hold back."""
        gradients, total, count = state.clients["gradient"].copy(), np.float64(0), 0
        for some in updates:
            total = total + some.deltas.sum(axis=0, dtype=np.float64)
            gradients[some.clients] -= self.alpha * some.deltas
            count += len(some.clients)
        gradient = state.server["gradient"] - self.alpha / len(gradients) * total
        moved = state.moved(np.asarray(total / count - gradient / self.alpha), gradient=gradient)
        return replace(moved, clients={"gradient": gradients})


ALGORITHM = FedDyn
