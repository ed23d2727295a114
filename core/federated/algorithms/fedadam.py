"""FedAdam: the adaptive moments of Adam, at the server."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.federated.algorithm import Instruction, ServerState, Updates, weighted_mean
from core.settings import check, setting


@dataclass(frozen=True)
class FedAdam:
    """w <- w + rate m / (sqrt(v) + tau).

    m <- beta1 m + (1 - beta1) delta; v <- beta2 v + (1 - beta2) delta^2;
    delta is FedAvg's step; v starts at tau^2.
    Source: Reddi et al. 2021, arXiv:2003.00295, Algorithm 2.
    """

    name: ClassVar[str] = "fedadam"
    label: ClassVar[str] = "FedAdam"
    paper: ClassVar[str] = "Reddi et al. 2021, arXiv:2003.00295"
    vectors: ClassVar[int] = 1

    server_rate: float = setting(0.03, low=0.0, high=10.0, help="The server's learning rate.")
    beta1: float = setting(0.9, low=0.0, high=0.999, help="Share of the last mean step kept.")
    beta2: float = setting(0.99, low=0.0, high=0.9999, help="Share of the last mean square kept.")
    tau: float = setting(
        0.001, low=1e-8, high=10.0, help="Adaptivity: the smaller, the more equal all steps."
    )

    def __post_init__(self) -> None:
        check(self)

    def init(self, parameters: np.ndarray, clients: int) -> ServerState:
        """Return w with no mean step yet."""
        square = np.full_like(parameters, self.tau**2)
        return ServerState(parameters, {"mean": np.zeros_like(parameters), "square": square})

    def instruct(self, state: ServerState) -> Instruction:
        """Ask for plain local SGD."""
        return Instruction()

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Treat FedAvg's step as a gradient and take an adaptive step along it."""
        step, square = weighted_mean(updates), state.server["square"]
        mean = self.beta1 * state.server["mean"] + (1 - self.beta1) * step
        square = self.beta2 * square + (1 - self.beta2) * step**2
        move = self.server_rate * mean / (np.sqrt(square) + self.tau)
        return state.moved(move, mean=mean, square=square)
