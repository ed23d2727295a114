"""SCAFFOLD: control variates undo the clients' drift."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from core.federated.algorithm import Algorithm, Instruction, ServerState, Updates
from core.settings import setting


@dataclass(frozen=True)
class Scaffold(Algorithm):
    """Clients step along g - c_k + c; c_k estimates client k's gradient, c is the mean of all c_k.

    w <- w + rate / |S| sum (w_k - w); c <- c + 1 / N sum (c_k_new - c_k), over the round's S of N.
    Source: Karimireddy et al. 2020, arXiv:1910.06378, Algorithm 1.
    """

    name: ClassVar[str] = "scaffold"
    label: ClassVar[str] = "SCAFFOLD"
    paper: ClassVar[str] = "Karimireddy et al. 2020, arXiv:1910.06378"
    vectors: ClassVar[int] = 2
    formula: ClassVar[str] = r"w_k \leftarrow w_k - \eta\, (g_k - c_k + c)"
    palette: ClassVar[int] = 3

    option: str = setting(
        "II",
        choices=("I", "II"),
        help="How c_k is renewed: I, a full gradient at w; II, from the local steps taken.",
        why="I costs one more pass over the client's samples a round and is the steadier one.",
    )
    server_rate: float = setting(1.0, low=0.0, high=10.0, help="The server's learning rate.")

    def init(self, parameters: np.ndarray, clients: int) -> ServerState:
        """Return w with all control variates zero."""
        return ServerState(
            parameters,
            server={"control": np.zeros_like(parameters)},
            clients={"control": np.zeros((clients, parameters.size), parameters.dtype)},
        )

    def instruct(self, state: ServerState) -> Instruction:
        """Ask for local SGD corrected by c - c_k."""
        server, own = state.server["control"], state.clients["control"]
        return Instruction(correction=lambda k: server - own[k], gradients=self.option == "I")

    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Move to the plain mean of the clients' models and renew the control variates."""
        controls = state.clients["control"].copy()
        step, change, count = np.float64(0), np.float64(0), 0
        for some in updates:
            renewed = self._renewed(state, some)
            change = change + (renewed - controls[some.clients]).sum(axis=0, dtype=np.float64)
            step = step + some.deltas.sum(axis=0, dtype=np.float64)
            count += len(some.clients)
            controls[some.clients] = renewed
        control = np.asarray(state.server["control"] + change / len(controls))
        moved = state.moved(np.asarray(self.server_rate * step / count), control=control)
        return replace(moved, clients={"control": controls})

    def _renewed(self, state: ServerState, some: Updates) -> np.ndarray:
        if some.gradients is not None:
            return some.gradients
        mean_gradient = -some.deltas / (some.steps[:, None] * some.learning_rate)
        excess: np.ndarray = state.clients["control"][some.clients] - state.server["control"]
        renewed: np.ndarray = excess + mean_gradient
        return renewed.astype(state.parameters.dtype)


ALGORITHM = Scaffold
