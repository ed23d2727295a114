"""Mini-batch SGD: the centralised baseline."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from core.federated.algorithm import Algorithm, Instruction, ServerState, Updates, weighted_mean
from core.settings import setting


@dataclass(frozen=True)
class MiniBatchSGD(Algorithm):
    """One server iteration is one step on a batch drawn from everybody's samples together.

    Bytes are counted as if the round's clients had computed the batch's gradient: the model to each
    of them, a gradient back.
    Source: Robbins and Monro 1951, doi:10.1214/aoms/1177729586.
    """

    name: ClassVar[str] = "minibatch_sgd"
    label: ClassVar[str] = "Mini-batch SGD"
    paper: ClassVar[str] = "Robbins and Monro 1951, doi:10.1214/aoms/1177729586"
    formula: ClassVar[str] = r"w \leftarrow w - \tfrac{\eta}{|B|} \sum_{i \in B} \nabla \ell_i(w)"
    palette: ClassVar[int] = 1
    own_work: ClassVar[bool] = True

    batch: int = setting(
        300,
        low=1,
        high=100_000,
        unit="samples",
        help="Samples of all clients together in one server iteration.",
        why="300 is what 30 clients with batches of 10 see in one local step each.",
    )

    def instruct(self, state: ServerState) -> Instruction:
        """Ask for one step on the pooled samples."""
        return Instruction(steps=1, batch_size=self.batch, pooled=True)

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Take the step."""
        return state.moved(weighted_mean(updates))


ALGORITHM = MiniBatchSGD
