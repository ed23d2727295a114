"""FedSGD: one full-batch gradient of every client a round."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.federated.algorithm import Instruction, ServerState, Updates, weighted_mean
from core.settings import check


@dataclass(frozen=True)
class FedSGD:
    """w <- w - lr sum_k p_k grad F_k(w): FedAvg with one local step on all of a client's samples.

    Source: McMahan et al. 2017, arXiv:1602.05629 (B = infinity, E = 1).
    """

    name: ClassVar[str] = "fedsgd"
    label: ClassVar[str] = "FedSGD"
    paper: ClassVar[str] = "McMahan et al. 2017, arXiv:1602.05629"
    vectors: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check(self)

    def init(self, parameters: np.ndarray, clients: int) -> ServerState:
        """Return w alone."""
        return ServerState(parameters)

    def instruct(self, state: ServerState) -> Instruction:
        """Ask for one step on the full batch, whatever the run's local work is."""
        return Instruction(steps=1, batch_size=0)

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Move along the weighted mean gradient."""
        return state.moved(weighted_mean(updates))
