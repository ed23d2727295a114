"""FedDyn: a changing regulariser makes the clients' optima agree with the server's."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from core.federated.algorithm import EQUAL, SAMPLES, Algorithm, Instruction, ServerState, Updates
from core.settings import setting


@dataclass(frozen=True)
class FedDyn(Algorithm):
    """Each client's loss gets a linear and a quadratic term, so that all optima become one.

    The linear term collects how far the client has moved from the server's model. The server takes
    the mean of the round's models and corrects it by the mean of these terms over all clients.
    Weighted by samples, α is multiplied by the mean number of samples over the client's own, so
    that the correction is the weighted mean, as in the authors' program (alpemreacar/FedDyn on
    GitHub).

    Source: Acar et al. 2021, arXiv:2111.04263.
    """

    name: ClassVar[str] = "feddyn"
    label: ClassVar[str] = "FedDyn"
    paper: ClassVar[str] = "Acar et al. 2021, arXiv:2111.04263"
    formula: ClassVar[str] = (
        r"\min_v\; f_k(v) - \langle h_k, v \rangle + \tfrac{\alpha}{2} \lVert v - w \rVert^2,\quad"
        r" h_k \leftarrow h_k - \alpha (w_k - w)"
    )
    palette: ClassVar[int] = 8

    alpha: float = setting(
        0.1,
        low=0.0001,
        high=100.0,
        help="Strength of the regulariser.",
        why="Small values let clients go far in a round; large ones slow them down.",
    )

    weighting: str = setting(
        EQUAL,
        choices=(EQUAL, SAMPLES),
        omitted=True,
        help="What the clients' losses count: all alike, as in the paper, or by their samples.",
        why="FedAvg minimises the mean over samples. Compare it with the same weighting. Keep "
        "the learning rate times the smallest client's α below 1.",
    )

    @property
    def objective(self) -> str:
        """The mean that the weighting says."""
        return self.weighting

    def init(self, parameters: np.ndarray, shares: np.ndarray) -> ServerState:
        """Return w with all regularisers zero."""
        gradients = np.zeros((len(shares), parameters.size), parameters.dtype)
        weights = {"share": shares} if self.weighting == SAMPLES else {}
        return ServerState(
            parameters,
            server={"gradient": np.zeros_like(parameters)},
            clients={"gradient": gradients, **weights},
        )

    def _alphas(self, state: ServerState) -> float | np.ndarray:
        """Return alpha, or every client's own, (N,)."""
        shares = state.clients.get("share")
        return self.alpha if shares is None else self.alpha / (len(shares) * shares)

    def instruct(self, state: ServerState) -> Instruction:
        """Ask for local SGD on the regularised objective."""
        gradients = state.clients["gradient"]
        return Instruction(prox_mu=self._alphas(state), correction=lambda k: -gradients[k])

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Move to the mean model, less what the regularisers hold back."""
        gradients, total, count = state.clients["gradient"].copy(), np.float64(0), 0
        alphas = self._alphas(state)
        for some in updates:
            total = total + some.deltas.sum(axis=0, dtype=np.float64)
            own = alphas[some.clients, None] if isinstance(alphas, np.ndarray) else alphas
            gradients[some.clients] -= own * some.deltas
            count += len(some.clients)
        gradient = state.server["gradient"] - self.alpha / len(gradients) * total
        moved = state.moved(np.asarray(total / count - gradient / self.alpha), gradient=gradient)
        return replace(moved, clients={**state.clients, "gradient": gradients})


ALGORITHM = FedDyn
