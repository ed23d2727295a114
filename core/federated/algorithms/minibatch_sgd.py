"""Mini-batch SGD: the centralised baseline."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.federated.algorithm import Instruction, ServerState, Updates, weighted_mean
from core.settings import check, setting


@dataclass(frozen=True)
class MiniBatchSGD:
    """One server iteration is one step on a batch drawn from everybody's samples together.

    Bytes are counted as if the round's clients had computed the batch's gradient: the model to each
    of them, a gradient back.
    Source: Robbins and Monro 1951, doi:10.1214/aoms/1177729586.
    """

    name: ClassVar[str] = "minibatch_sgd"
    label: ClassVar[str] = "Mini-batch SGD"
    paper: ClassVar[str] = "Robbins and Monro 1951, doi:10.1214/aoms/1177729586"
    vectors: ClassVar[int] = 1

    batch: int = setting(
        300,
        low=1,
        high=100_000,
        unit="samples",
        help="Samples of all clients together in one server iteration.",
        why="300 is what 30 clients with batches of 10 see in one local step each.",
    )

    def __post_init__(self) -> None:
        check(self)

    def init(self, parameters: np.ndarray, clients: int) -> ServerState:
        """Return w alone."""
        return ServerState(parameters)

    def instruct(self, state: ServerState) -> Instruction:
        """Ask for one step on the pooled samples."""
        return Instruction(steps=1, batch_size=self.batch, pooled=True)

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Take the step."""
        return state.moved(weighted_mean(updates))
