"""FedSGD: one full-batch gradient of every client a round."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from core.federated.algorithm import Algorithm, Instruction, ServerState, Updates, weighted_mean


@dataclass(frozen=True)
class FedSGD(Algorithm):
    """FedAvg with one local step, on all of a client's samples: a full gradient of every client.

    Source: McMahan et al. 2017, arXiv:1602.05629 (B = infinity, E = 1).
    """

    name: ClassVar[str] = "fedsgd"
    label: ClassVar[str] = "FedSGD"
    paper: ClassVar[str] = "McMahan et al. 2017, arXiv:1602.05629"
    formula: ClassVar[str] = r"w \leftarrow w - \eta \sum_k \tfrac{n_k}{n}\, \nabla f_k(w)"
    palette: ClassVar[int] = 1
    own_work: ClassVar[bool] = True

    def instruct(self, state: ServerState) -> Instruction:
        """Ask for one step on the full batch, whatever the run's local work is."""
        return Instruction(steps=1, batch_size=0)

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Move along the weighted mean gradient."""
        return state.moved(weighted_mean(updates))


ALGORITHM = FedSGD
