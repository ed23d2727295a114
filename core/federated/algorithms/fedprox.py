"""FedProx: FedAvg whose clients are pulled towards the server's model."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from core.federated.algorithm import Algorithm, Instruction, ServerState, Updates, weighted_mean
from core.settings import setting


@dataclass(frozen=True)
class FedProx(Algorithm):
    """FedAvg whose clients also pay for the squared distance from the server's model.

    Source: Li et al. 2020, arXiv:1812.06127.
    """

    name: ClassVar[str] = "fedprox"
    label: ClassVar[str] = "FedProx"
    paper: ClassVar[str] = "Li et al. 2020, arXiv:1812.06127"
    formula: ClassVar[str] = r"\min_v\; f_k(v) + \tfrac{\mu}{2} \lVert v - w \rVert^2"
    palette: ClassVar[int] = 2

    mu: float = setting(
        1.0,
        low=0.0,
        high=1000.0,
        help="Pull of every client towards the server's model.",
        why="0 is FedAvg; the paper uses 1 on its synthetic data. Keep the learning rate times μ "
        "below 1.",
    )

    def instruct(self, state: ServerState) -> Instruction:
        """Ask for local SGD on the proximal objective."""
        return Instruction(prox_mu=self.mu)

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Move to the weighted mean of the clients' models."""
        return state.moved(weighted_mean(updates))


ALGORITHM = FedProx
