"""What a federated algorithm is: pure functions over a frozen server state.

`init` makes the state, `instruct` says what every client of the next round does, `aggregate` makes
the next state from what the clients sent. An algorithm's settings are the fields of its class.
All arithmetic is on flat vectors of P parameters, so one algorithm serves every network.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from core.settings import Settings

Correction = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class ServerState:
    """What the server remembers between rounds.

    parameters: w, (P,). server: named vectors (P,), such as a momentum. clients: named arrays
    (clients, P), such as the control variates of SCAFFOLD; kept here because we simulate them.
    """

    parameters: np.ndarray
    server: Mapping[str, np.ndarray] = field(default_factory=dict)
    clients: Mapping[str, np.ndarray] = field(default_factory=dict)

    def moved(self, step: np.ndarray, **server: np.ndarray) -> "ServerState":
        """Return the state with w + step and the given server vectors."""
        kind = self.parameters.dtype
        vectors = {name: value.astype(kind) for name, value in server.items()}
        return replace(
            self,
            parameters=(self.parameters + step).astype(kind),
            server={**self.server, **vectors},
        )


@dataclass(frozen=True)
class Instruction:
    """What the clients of a round do besides plain local SGD.

    prox_mu: mu, adds mu (w - w_start) to every gradient; one for all, or one for each of all
    clients. correction: client numbers -> vectors (n, P) added to every gradient.
    gradients: also send the full gradient at w_start.
    steps, batch_size: replace the run's local work (batch_size 0 is all of a client's samples).
    pooled: one client with everybody's samples works instead of the sampled ones.
    """

    prox_mu: float | np.ndarray = 0.0
    correction: Correction | None = None
    gradients: bool = False
    steps: int | None = None
    batch_size: int | None = None
    pooled: bool = False

    def mu_of(self, client: int) -> float:
        """Return the mu of one client."""
        return float(self.prox_mu[client] if isinstance(self.prox_mu, np.ndarray) else self.prox_mu)


# Whose mean an algorithm minimises: of all samples, or of the clients, each counting alike.
SAMPLES, EQUAL = "samples", "equal"


@dataclass(frozen=True)
class Updates:
    """What some of a round's clients send; a round's updates come as a stream of these.

    clients: (n,) numbers. deltas: (n, P), w_k - w. steps: (n,) local steps taken. weights: (n,),
    sum to 1 over the round. gradients: (n, P) at w, or None if not asked for.
    """

    clients: np.ndarray
    deltas: np.ndarray
    steps: np.ndarray
    weights: np.ndarray
    learning_rate: float
    gradients: np.ndarray | None = None


@dataclass(frozen=True)
class Algorithm(Settings, ABC):
    """One row of the ALGORITHMS table, and its settings: a subclass says what its paper changes.

    vectors: how many vectors of P numbers travel each way per client and round. own_work: says
    itself how many steps its clients take. formula: in LaTeX with the paper's symbols, which the
    docstring explains. palette: place in `figures.colors`, derived from the name if None.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    paper: ClassVar[str]
    vectors: ClassVar[int] = 1
    own_work: ClassVar[bool] = False
    formula: ClassVar[str] = ""
    palette: ClassVar[int | None] = None

    @property
    def objective(self) -> str:
        """SAMPLES if sum_k n_k / n F_k is minimised, EQUAL if it is the plain mean of the F_k."""
        return SAMPLES

    def init(self, parameters: np.ndarray, shares: np.ndarray) -> ServerState:
        """Return the state before the first round: w alone, unless overridden.

        shares: n_k / n, every client's share of all training samples, (clients,).
        """
        return ServerState(parameters)

    def instruct(self, state: ServerState) -> Instruction:
        """Return what the clients of the next round do: plain local SGD, unless overridden."""
        return Instruction()

    @abstractmethod
    def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
        """Return the next state; `updates` is read once and is never empty."""


def weighted_mean(updates: Iterable[Updates]) -> np.ndarray:
    """Return sum_k p_k (w_k - w), (P,) in float64, over a round's updates."""
    return sum_over(updates, lambda some: some.weights)


def sum_over(
    updates: Iterable[Updates], coefficients: Callable[[Updates], np.ndarray]
) -> np.ndarray:
    """Return the sum of coefficient_k (w_k - w), (P,) in float64, over a round's updates."""
    parts = (
        (coefficients(some).astype(some.deltas.dtype) @ some.deltas).astype(np.float64)
        for some in updates
    )
    return np.asarray(sum(parts))
