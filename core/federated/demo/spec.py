"""What one half of the demo shows, and what the job of the whole grid is told."""

from dataclasses import dataclass
from typing import ClassVar

from core.federated.algorithms import ALGORITHMS
from core.federated.algorithms.fedprox import FedProx
from core.federated.spec import FederatedSpec
from core.records import Record, Spec
from core.settings import Settings, describe, setting

CLIENTS = 30
ROUNDS = 40
# The draw of the prepared questions: 7,210 training samples, the largest client holds a third.
DATA_SEED = 1
LOCAL_RATE = 0.01
# An algorithm that says itself how many steps it takes, one a round, gets a rate tuned for that:
# at the clients' small rate the comparison would flatter local work.
ONE_STEP_RATE = 1.0
SAMPLE_WEIGHTING = {"weighting": "samples"}


@dataclass(frozen=True)
class DemoRun(Settings):
    """One run of the demo: a position of the sliders.

    heterogeneity: alpha and beta of the synthetic clients, None for IID ones.
    """

    heterogeneity: float | None = setting(
        None, low=0.0, high=2.0, help="α = β of the clients' data; none is IID."
    )
    local_steps: int = setting(20, low=1, high=200, help="SGD steps of a client in a round, K.")
    clients: int = setting(CLIENTS, low=1, high=CLIENTS, help="Clients of a round, out of 30.")
    algorithm: str = setting("fedavg", choices=tuple(ALGORITHMS), help="Federated algorithm")
    mu: float = setting(1.0, low=0.0, high=10.0, help="FedProx's pull towards the server's model.")
    data_seed: int = setting(DATA_SEED, low=0, high=2**31 - 1, help="Seed of the clients' data.")

    @property
    def spec(self) -> FederatedSpec:
        """The same run as anybody may start it on the Federated page; its seed is 0."""
        h = self.heterogeneity
        return FederatedSpec(
            data="iid" if h is None else f"synthetic:{h:g},{h:g}",
            data_seed=self.data_seed,
            algorithm=self.algorithm,
            algorithm_settings=self._own(),
            rounds=ROUNDS,
            local_steps=self.local_steps,
            clients_per_round=0 if self.clients == CLIENTS else self.clients,
            learning_rate=ONE_STEP_RATE if self.takes_one_step else LOCAL_RATE,
            hidden=(),
        )

    @property
    def takes_one_step(self) -> bool:
        """Whether the algorithm takes one step a round, whatever K says."""
        return ALGORITHMS[self.algorithm].own_work

    def _own(self) -> dict[str, str | float]:
        """Return the algorithm's settings: all minimise the mean over samples, as FedAvg does."""
        names = {field.name for field in describe(ALGORITHMS[self.algorithm])}
        weighted = SAMPLE_WEIGHTING if "weighting" in names else {}
        return {**weighted, **({"mu": self.mu} if self.algorithm in _WITH_MU else {})}


_WITH_MU = frozenset({FedProx.name})


@dataclass(frozen=True, kw_only=True)
class FederatedGridSpec(Spec):
    """All runs between which the demo's sliders move without waiting."""

    kind: ClassVar[str] = "federated_grid"
    resources: ClassVar[str] = "numpy"

    data_seed: int = setting(DATA_SEED, low=0, high=2**31 - 1, help="Seed of the clients' data")
    rounds: int = setting(ROUNDS, low=1, high=ROUNDS, help="Rounds of every run")
    heterogeneities: tuple[float, ...] = setting(
        (0.0, 0.5, 1.0, 2.0), low=0.0, high=2.0, help="α = β of the clients' data, besides IID"
    )
    local_steps: tuple[int, ...] = setting(
        (1, 5, 10, 20, 50, 100, 200), low=1, high=200, help="SGD steps of a client in a round"
    )
    clients: tuple[int, ...] = setting(
        (30, 15, 6), low=1, high=CLIENTS, help="Clients of a round, out of 30"
    )
    algorithms: tuple[str, ...] = setting(
        ("minibatch_sgd", "fedavg", "fedprox", "scaffold"),
        choices=tuple(ALGORITHMS),
        help="Federated algorithms",
    )


@dataclass(frozen=True)
class FederatedGridResult(Record):
    """A finished grid. file: name of its arrays. runs: how many it holds."""

    file: str
    runs: int
    seconds: float
