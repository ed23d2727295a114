"""FedAvg: the mean of what the clients make of the server's model."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from core.federated.algorithm import Algorithm, ServerState, Updates, weighted_mean


@dataclass(frozen=True)
class FedAvg(Algorithm):
    """The server takes the mean of the clients' models, weighted by their numbers of samples.

    Source: McMahan et al. 2017, arXiv:1602.05629.
    """

    name: ClassVar[str] = "fedavg"
    label: ClassVar[str] = "FedAvg"
    paper: ClassVar[str] = "McMahan et al. 2017, arXiv:1602.05629"
    formula: ClassVar[str] = r"w \leftarrow \sum_k \tfrac{n_k}{n}\, w_k"
    palette: ClassVar[int] = 0

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Move to the weighted mean of the clients' models."""
        return state.moved(weighted_mean(updates))


ALGORITHM = FedAvg
