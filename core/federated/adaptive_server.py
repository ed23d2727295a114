"""What FedAdagrad, FedAdam and FedYogi share: the server's adaptive step along FedAvg's."""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.federated.algorithm import Algorithm, ServerState, Updates, weighted_mean
from core.settings import setting


@dataclass(frozen=True)
class AdaptiveServer(Algorithm):
    """w <- w + rate m / (sqrt(v) + tau), with m <- beta1 m + (1 - beta1) delta.

    delta is FedAvg's step; v starts at tau^2 and grows as each algorithm says.
    Source: Reddi et al. 2021, arXiv:2003.00295, Algorithm 2.
    """

    paper: ClassVar[str] = "Reddi et al. 2021, arXiv:2003.00295"

    server_rate: float = setting(0.03, low=0.0, high=10.0, help="The server's learning rate.")
    beta1: float = setting(0.9, low=0.0, high=0.999, help="Share of the last mean step kept.")
    tau: float = setting(
        0.001, low=1e-8, high=10.0, help="Adaptivity: the smaller, the more equal all steps."
    )

    @abstractmethod
    def mean_square(self, square: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return v after a round. square: (parameters,) v before it. step: (parameters,) delta."""

    def init(self, parameters: np.ndarray, shares: np.ndarray) -> ServerState:
        """Return w with no mean step yet."""
        square = np.full_like(parameters, self.tau**2)
        return ServerState(parameters, {"mean": np.zeros_like(parameters), "square": square})

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Treat FedAvg's step as a gradient and take an adaptive step along it."""
        step = weighted_mean(updates)
        mean = self.beta1 * state.server["mean"] + (1 - self.beta1) * step
        square = self.mean_square(state.server["square"], step)
        move = self.server_rate * mean / (np.sqrt(square) + self.tau)
        return state.moved(move, mean=mean, square=square)
