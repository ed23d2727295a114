"""What sweeps and competitions are told, and what they leave behind."""

from dataclasses import dataclass, field
from typing import ClassVar

from core.errors import SettingsError
from core.evaluation.point import Point
from core.pruning.search.competition import Shares
from core.pruning.search.proposals import Entry
from core.pruning.search.sweep import Sweep
from core.records import Record, Spec
from core.settings import setting
from core.training.recipe import QUICK, Recipe

MOST_BEFORE = 0.9  # of a competition's time, for what comes before its last run


@dataclass(frozen=True, kw_only=True)
class SweepSpec(Sweep, Spec):
    """A sweep as a job. dense: the run to prune, None to train one by `recipe` first."""

    kind: ClassVar[str] = "sweep"
    resources: ClassVar[str] = "light"

    data: str = setting(help="Digest of the data set")
    dense: str | None = setting(None, help="Run whose network is pruned; none trains one first")
    recipe: Recipe | None = field(default=None, metadata={"omitted": True})

    @property
    def networks(self) -> int:
        """How many networks it makes in all."""
        return len(self.runs()) + (self.dense is None)


def first_sweep(data: str) -> SweepSpec:
    """Return the small sweep that the home page offers; it trains its own network first."""
    return SweepSpec(
        methods=("magnitude", "l1_filter"),
        sparsities=(0.8, 0.9, 0.95),
        epochs=1,
        data=data,
        recipe=QUICK,
    )


@dataclass(frozen=True)
class FailedRun(Record):
    """A network of a sweep that was not made. run: id of its job."""

    run: str
    method: str
    sparsity: float
    why: str


@dataclass(frozen=True)
class SweepResult(Record):
    """A finished sweep: the ids of its dense network and of its points, and what failed."""

    dense: str
    points: tuple[str, ...]
    failed: tuple[FailedRun, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CompeteSpec(Spec):
    """A competition. dense: the run to prune, None to train one first.

    after: a finished competition, whose winner gets the minutes instead of a new search.
    Raises SettingsError for a time that is none.
    """

    kind: ClassVar[str] = "compete"
    resources: ClassVar[str] = "light"

    data: str = setting(help="Digest of the data set")
    minutes: float = setting(60.0, low=0.0, high=10_000.0, unit="minutes", help="Time budget")
    dense: str | None = setting(None, help="Run whose network is pruned; none trains one first")
    after: str | None = setting(
        None, omitted=True, help="Finished competition whose winner is trained on for the minutes"
    )
    dense_share: float = setting(
        Shares.dense,
        low=0.02,
        high=0.8,
        help="Share of the time for the dense network",
        why="Little of it makes one trajectory from dense to sparse: the ramp begins with the "
        "first step of pruning.",
        advanced=True,
        omitted=True,
    )
    search_share: float = setting(
        Shares.search,
        low=0.0,
        high=0.5,
        help="Share of the time for trying recipes, 0 for the usual recipe",
        advanced=True,
        omitted=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.minutes <= 0:
            raise SettingsError(f"minutes is {self.minutes:g}. Choose a time above 0.")
        if self.dense_share + self.search_share > MOST_BEFORE:
            raise SettingsError(
                f"dense_share and search_share leave less than {1 - MOST_BEFORE:.0%} of the time "
                "for the last run. Lower one of them."
            )

    @property
    def shares(self) -> Shares:
        """How the time is divided."""
        return Shares(self.dense_share, self.search_share)


@dataclass(frozen=True)
class CompeteResult(Record):
    """A finished competition: ids of the dense network and of the winner, all tries."""

    dense: str
    best: str
    tried: tuple[Entry, ...]
    point_of_best: Point


@dataclass(frozen=True, kw_only=True)
class TimingSpec(Spec):
    """The measurement of an epoch on this machine. of: the competition that asks for it.

    dense: the run whose network is timed, where that is another than the reference.
    """

    kind: ClassVar[str] = "timing"
    resources: ClassVar[str] = "tensorflow"

    data: str = setting(help="Digest of the data set")
    of: str = setting(help="The competition that asks")
    dense: str | None = setting(None, omitted=True, help="Run whose network is timed")


@dataclass(frozen=True)
class TimingResult(Record):
    """Seconds that an epoch of pruning takes here, and that finding out took."""

    epoch_seconds: float
    seconds: float
