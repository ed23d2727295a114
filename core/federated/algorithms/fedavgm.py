"""FedAvgM: FedAvg with momentum at the server."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.federated.algorithm import Algorithm, ServerState, Updates, weighted_mean
from core.settings import setting


@dataclass(frozen=True)
class FedAvgM(Algorithm):
    """The server has momentum: it moves along a decaying sum of FedAvg's steps.

    Source: Hsu et al. 2019, arXiv:1909.06335.
    """

    name: ClassVar[str] = "fedavgm"
    label: ClassVar[str] = "FedAvgM"
    paper: ClassVar[str] = "Hsu et al. 2019, arXiv:1909.06335"
    formula: ClassVar[str] = r"m \leftarrow \beta m + \Delta,\quad w \leftarrow w + \eta_s m"
    palette: ClassVar[int] = 5

    momentum: float = setting(0.9, low=0.0, high=0.999, help="Share of the last step kept.")
    server_rate: float = setting(
        0.1,
        low=0.0,
        high=10.0,
        help="The server's learning rate.",
        why="A momentum of 0.9 makes a lasting step ten times as large; this undoes it.",
    )

    def init(self, parameters: np.ndarray, shares: np.ndarray) -> ServerState:
        """Return w at rest."""
        return ServerState(parameters, server={"momentum": np.zeros_like(parameters)})

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Move along the decaying sum of FedAvg's steps."""
        velocity = self.momentum * state.server["momentum"] + weighted_mean(updates)
        return state.moved(self.server_rate * velocity, momentum=velocity)


ALGORITHM = FedAvgM
