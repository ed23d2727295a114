"""What a federated run is told: data, algorithm, network, rounds, and what goes wrong with them."""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from core.data.partition import Even, Partition
from core.data.synthetic import Synthetic, synthetic_named
from core.data.uploads.leaf_store import LEAF_PREFIX
from core.errors import SettingsError
from core.federated.algorithm import Algorithm
from core.federated.algorithms import ALGORITHMS
from core.json_values import Codec, decode
from core.records import Spec
from core.settings import Settings, Value, describe, from_dict, setting, to_dict

HIDDEN = 128  # units of the MLP's hidden layer unless the settings say otherwise
WIDEST = 10_000
MLP, CNN = "mlp", "cnn"


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
    partial_work: str = setting(
        "kept",
        choices=("kept", "dropped"),
        advanced=True,
        omitted=True,
        help="What becomes of a straggler's part: averaged like all others', or dropped.",
        why="FedAvg waits for nobody and drops it in the FedProx paper, where FedProx averages it.",
    )
    client_dropout: float = setting(
        0.0,
        low=0.0,
        high=0.99,
        advanced=True,
        help="Share of a round's clients that never answer.",
        stored_as="dropouts",
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


def _widths_from_json(value: Any, place: str) -> tuple[int, ...]:
    """Return the layers' widths of one width or a list of them; 0 is logistic regression."""
    widths = (value,) if isinstance(value, int) else decode(tuple[int, ...], value, place)
    return tuple(width for width in widths if width)


def _widths_to_json(widths: tuple[int, ...]) -> int | list[int]:
    return list(widths) if len(widths) > 1 else (*widths, 0)[0]


@dataclass(frozen=True, kw_only=True)
class FederatedSpec(RunSettings, Spec):
    """One federated run; with the network "cnn" a job of its own kind, which needs TensorFlow.

    algorithm_settings: of the algorithm, whatever is left out has its default. partition: how a
    stored data set is divided; None is evenly. start: a run whose network is trained on.
    Raises SettingsError for settings that cannot go together.
    """

    kinds: ClassVar[tuple[str, str]] = ("federate", "federate_network")

    data: str = setting(
        "iid", help="iid, synthetic:ALPHA,BETA, a LEAF file, or the digest of a data set"
    )
    data_seed: int | None = setting(
        None, low=0, omitted=True, help="Seed of the data's draw and partition; else the run's seed"
    )
    partition: Partition | None = field(default=None, metadata={"omitted": True})
    algorithm: str = setting("fedavg", choices=tuple(ALGORITHMS), help="Federated algorithm")
    algorithm_settings: Mapping[str, Value] = field(default_factory=dict)
    network: str = setting(
        MLP,
        choices=(MLP, CNN),
        help="mlp: on NumPy. cnn: a network of the pruning part, on images.",
    )
    hidden: tuple[int, ...] = setting(
        (HIDDEN,),
        low=0,
        high=WIDEST,
        codec=Codec(_widths_to_json, _widths_from_json),
        help="Hidden units of the MLP, layer by layer; none is logistic regression",
    )
    start: str | None = setting(
        None,
        omitted=True,
        help="A run whose network the clients begin with; on the command line also a file",
    )
    keep_zeros: bool = setting(
        False, omitted=True, help="Hold the zeros of the network to begin from in place"
    )
    label: str = setting("", omitted=True, help="What the run is called")

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", tuple(width for width in self.hidden if width))
        super().__post_init__()
        own = to_dict(from_dict(ALGORITHMS[self.algorithm], self.algorithm_settings or {}))
        object.__setattr__(self, "algorithm_settings", own)
        if self.is_synthetic and self.network == CNN:
            raise SettingsError(
                "The convolutional network needs images, but synthetic clients hold plain numbers. "
                "Choose an image data set, or the MLP."
            )

    @property
    def kind(self) -> str:  # type: ignore[override]
        """The kind of job that runs it."""
        return self.kinds[self.network == CNN]

    @property
    def resources(self) -> str:  # type: ignore[override]
        """What the job needs of a machine."""
        return "tensorflow" if self.network == CNN else "numpy"

    @cached_property
    def rule(self) -> Algorithm:
        """The algorithm with its settings."""
        return from_dict(ALGORITHMS[self.algorithm], self.algorithm_settings)

    @property
    def synthetic(self) -> Synthetic | None:
        """The synthetic federation that `data` names, None for other data."""
        return synthetic_named(self.data)

    @property
    def is_synthetic(self) -> bool:
        """Whether the clients' data are drawn, not read."""
        return self.synthetic is not None

    @property
    def effective_partition(self) -> Partition:
        """The partition of a stored data set: even, unless `partition` says otherwise."""
        return self.partition or Even()

    @property
    def is_leaf(self) -> bool:
        """Whether the clients come from a LEAF file."""
        return self.data.startswith(LEAF_PREFIX) or self.data.lower().endswith(".json")

    @property
    def is_iid(self) -> bool:
        """Whether all clients draw from one distribution."""
        if (made := self.synthetic) is not None:
            return made.iid
        return not self.is_leaf and isinstance(self.effective_partition, Even)

    @property
    def task(self) -> str:
        """What the data have in common with others that they may be compared with.

        Synthetic federations differ in how alike the clients are, and that is what is compared;
        stored data sets are other tasks.
        """
        return "synthetic" if self.is_synthetic else self.data

    def facts(self, seed: int | None = None) -> dict[str, object]:
        """Return every setting by name, those of algorithm and partition included, no label.

        What was left out has the value it stands for, so that equal runs have equal facts.
        seed: of the run, which then stands for a seed of the data that was left out.
        """
        facts: dict[str, object] = {f.name: getattr(self, f.name) for f in describe(self)}
        del facts["label"]
        del facts["hidden" if self.network == CNN else "network"]
        if seed is not None:
            facts["data_seed"] = self.drawn_with(seed)
        if not (self.is_synthetic or self.is_leaf):
            facts["partition"] = self.effective_partition
        return facts | {f"algorithm.{name}": v for name, v in self.algorithm_settings.items()}

    def drawn_with(self, seed: int) -> int:
        """Return the seed of the clients' data. seed: of the run."""
        return seed if self.data_seed is None else self.data_seed

    def _is_left_out(self, one: "Field[Any]") -> bool:
        if one.name == "hidden":
            return self.network == CNN
        if one.name == "keep_zeros":
            return self.start is None
        return super()._is_left_out(one) or (one.name == "network" and self.network == MLP)

    def _is_default(self, one: "Field[Any]") -> bool:
        if one.name != "algorithm_settings":
            return super()._is_default(one)
        return self.algorithm_settings == to_dict(ALGORITHMS[self.algorithm]())

    def _is_as_read(self, one: "Field[Any]", value: object, read: Any) -> bool:
        if one.name != "algorithm_settings":
            return super()._is_as_read(one, value, read)
        try:
            return bool(to_dict(from_dict(ALGORITHMS[self.algorithm], read or {})) == value)
        except SettingsError:  # of the algorithm it was read with
            return False


@dataclass(frozen=True, kw_only=True)
class FederatedComparisonSpec(Spec):
    """Several runs side by side. preset: name of the question they answer."""

    kind: ClassVar[str] = "federate_compare"
    resources: ClassVar[str] = "light"

    preset: str = setting("", help="Name of a prepared question")
    runs: tuple[FederatedSpec, ...] = ()


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
