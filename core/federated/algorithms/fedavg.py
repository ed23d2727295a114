"""FedAvg: the mean of what the clients make of the server's model."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.federated.algorithm import Instruction, ServerState, Updates, weighted_mean
from core.settings import check


@dataclass(frozen=True)
class FedAvg:
    """w <- sum_k p_k w_k, p_k = n_k / n over the round's clients.

    Source: McMahan et al. 2017, arXiv:1602.05629.
    """

    name: ClassVar[str] = "fedavg"
    label: ClassVar[str] = "FedAvg"
    paper: ClassVar[str] = "McMahan et al. 2017, arXiv:1602.05629"
    vectors: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check(self)

    def init(self, parameters: np.ndarray, clients: int) -> ServerState:
        """Return w alone."""
        return ServerState(parameters)

    def instruct(self, state: ServerState) -> Instruction:
        """Ask for plain local SGD."""
        return Instruction()

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Move to the weighted mean of the clients' models."""
        return state.moved(weighted_mean(updates))
