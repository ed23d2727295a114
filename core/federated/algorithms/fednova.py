"""FedNova: clients that did more steps do not count for more."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.federated.algorithm import Instruction, ServerState, Updates
from core.settings import check


@dataclass(frozen=True)
class FedNova:
    """w <- w + tau sum_k p_k (w_k - w) / tau_k with tau = sum_k p_k tau_k; tau_k local steps.

    Source: Wang et al. 2020, arXiv:2007.07481.
    """

    name: ClassVar[str] = "fednova"
    label: ClassVar[str] = "FedNova"
    paper: ClassVar[str] = "Wang et al. 2020, arXiv:2007.07481"
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
        """Move by the mean normalised update, as far as the mean client went."""
        mean_step, effective_steps = np.float64(0), 0.0
        for some in updates:
            mean_step = mean_step + (some.weights / some.steps) @ some.deltas.astype(np.float64)
            effective_steps += float(some.weights @ some.steps)
        return state.moved(np.asarray(effective_steps * mean_step))
