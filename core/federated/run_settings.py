"""What a federated run is, apart from its algorithm and its data."""

from dataclasses import dataclass

from core.federated.algorithm import Algorithm
from core.settings import Settings, setting


@dataclass(frozen=True)
class RunSettings(Settings):
    """Rounds, local work, sampling of clients and what goes wrong with them."""

    rounds: int = setting(100, low=1, high=100_000, help="Server iterations.")
    local_epochs: int = setting(
        1, low=1, high=1000, help="Passes of a client over its own samples in a round."
    )
    local_steps: int = setting(
        0,
        low=0,
        high=100_000,
        help="SGD steps of a client in a round; 0 uses the local epochs instead.",
        why="Equal steps for all keep one client with most of the data from holding up the round.",
    )
    clients_per_round: int = setting(
        0, low=0, high=100_000, unit="clients", help="Clients sampled in a round; 0 takes all."
    )
    batch_size: int = setting(
        10, low=0, high=100_000, unit="samples", help="Local batch; 0 is all of a client's samples."
    )
    learning_rate: float = setting(0.01, low=1e-6, high=100.0, help="The clients' step size.")
    learning_rate_decay: float = setting(
        1.0, low=0.5, high=1.0, help="The step size is multiplied by this after every round."
    )
    l2: float = setting(
        0.0, low=0.0, high=1.0, advanced=True, help="Weight decay of the kernels, l2 / 2 |w|^2."
    )
    sampling: str = setting(
        "uniform",
        choices=("uniform", "size"),
        advanced=True,
        help="uniform: equally likely, weighted by samples. size: likely by samples, equal weight.",
    )
    stragglers: float = setting(
        0.0,
        low=0.0,
        high=1.0,
        advanced=True,
        help="Share of a round's clients that only manage part of their steps.",
        why="How far each gets is drawn evenly between one step and all but one.",
    )
    dropouts: float = setting(
        0.0,
        low=0.0,
        high=0.99,
        advanced=True,
        help="Share of a round's clients that never answer.",
    )
    dissimilarity_every: int = setting(
        1,
        low=0,
        high=100_000,
        unit="rounds",
        advanced=True,
        help="How often the gradients' dissimilarity B is measured; 0 is never.",
        why="It costs about one pass over all clients' samples.",
    )

    def rate_in(self, round_number: int) -> float:
        """Return the learning rate of a round; rounds count from 1."""
        return float(self.learning_rate * self.learning_rate_decay ** (round_number - 1))


@dataclass(frozen=True)
class Run:
    """One experiment: an algorithm with its settings on the federation of the simulation."""

    algorithm: Algorithm
    settings: RunSettings
    seed: int = 0
    label: str = ""

    @property
    def name(self) -> str:
        """The label, else the algorithm's."""
        return self.label or self.algorithm.label
