"""Competition mode: the best score within a time budget, by a search over recipes.

A dense network is trained, recipes are tried briefly by successive halving (Jamieson & Talwalkar
2016, arXiv:1502.07943) where the time allows tries that tell them apart, and the most promising one
gets all the time that is left: what a try may reach in so long a run is estimated, as a brief one
favours few zeros. Each of these trainings goes by the clock, so a machine that is busy for a
while costs epochs and not the end of a schedule. What trains and prunes is a NetworkTrainer: jobs
of the store, or this process. All choices go by validation score.
"""

import math
from dataclasses import dataclass, replace
from typing import Protocol

from core.errors import SettingsError
from core.pruning.plan import PrunePlan
from core.pruning.search.proposals import (
    SPARSITIES,
    Entry,
    Outlook,
    objective_of,
    plan_of,
    propose,
)
from core.randomness import derived_seed
from core.settings import Value
from core.text import duration, plural
from core.training.recipe import MOST_EPOCHS, PRESETS, Recipe

FIRST_RUNG, SECOND_RUNG = 6, 2
SECOND_RUNG_FACTOR = 2
SHORTEST_TRY = 4  # epochs; after one, all recipes look alike
LEAST_EPOCHS = 6  # of which the dense network has two
# What a run needs beside its training (a process, the step's graph, measuring) where none was
# seen yet, and how much more than that is kept for the last one.
OVERHEAD_SECONDS, CAUTION = 10.0, 1.25
PRUNING_COSTS = 1.5  # epochs of a dense network, whose step has no teacher
MOST_BESIDE = 300.0  # seconds of a run beside its work, on a machine that is very busy
# Between two of its runs a competition takes seconds; a longer gap was a queue, a kill or a night.
LONGEST_GAP = 30.0


@dataclass(frozen=True)
class Shares:
    """How a competition divides its time; what they leave is the last run's.

    dense: of the time, for the dense network. Little of it makes one trajectory from dense to
    sparse, as the ramp begins with the first step of pruning. search: at most, for tries.
    """

    dense: float = 0.35
    search: float = 0.2


@dataclass(frozen=True)
class Made:
    """A network that a trainer made: how to find it again, and how it did on validation images.

    seconds: by the clock, from the order on. epochs: that it was trained.
    """

    id: str
    accuracy: float
    sparsity: float
    score: float
    seconds: float
    epochs: float = 0.0

    @property
    def objective(self) -> float:
        """What the search maximises, see `objective_of`."""
        return objective_of(self.score, self.accuracy)


def gap_seconds(started: float, ended: float | None) -> float:
    """Return what counts of the time between a run's start and the end of the one before."""
    return min(max(started - ended, 0.0), LONGEST_GAP) if ended is not None else 0.0


def counted_seconds(began: float, ended: float, worked: float) -> float:
    """Return what counts of a run: by the clock from its last start, or its work if that is more.

    began, ended: seconds since the epoch; the first of several attempts may lie a night back.
    worked: on the work itself, over all attempts, 0 where nobody knows. By the clock much more than
    that was a machine that slept.
    """
    by_clock = max(0.0, ended - began)
    return max(worked, min(by_clock, worked + MOST_BESIDE)) if worked else by_clock


class NetworkTrainer(Protocol):
    """What a competition needs done; asking for the same again must give the same again."""

    def epoch_seconds(self) -> tuple[float, float]:
        """Return how long an epoch of pruning takes here, and how long it took to find out."""
        ...

    @property
    def highest(self) -> float:
        """The highest share of zeros that the network holds; sparsities are shares of it."""
        ...

    @property
    def usual(self) -> float:
        """The share of what may go that does well without a search."""
        ...

    def given(self, dense: str) -> Made:
        """Return the finished dense network with this id."""
        ...

    def train(self, recipe: Recipe, seed: int) -> Made:
        """Train a dense network."""
        ...

    def prune(self, dense: str, plan: PrunePlan, seed: int) -> Made:
        """Prune the dense network with this id."""
        ...


@dataclass(frozen=True)
class Competition:
    """The winner and everything that was tried, in order."""

    dense: Made
    best: Made
    entries: tuple[Entry, ...]


def compete(
    minutes: float,
    seed: int,
    trainer: NetworkTrainer,
    dense: str | None = None,
    shares: Shares = Shares(),
) -> Competition:
    """Return the best pruned network that `minutes` of this machine can find.

    dense: id of a network to start from, instead of training one. shares: of the time.
    The best is the highest validation score among the final run and the tries; the holdout is
    never looked at.
    Raises SettingsError if the time is too short for a few epochs.
    """
    epoch, used = trainer.epoch_seconds()
    if said := too_short(minutes, epoch):
        raise SettingsError(said)
    population = _Population(trainer, 60 * minutes, epoch, used, seed)
    population.begin(dense, shares.dense)
    population.search(shares.search)
    population.finish()
    best = max(population.made, key=lambda made: made.objective)
    return Competition(population.dense, best, tuple(population.entries))


def trained_on(
    minutes: float, seed: int, trainer: NetworkTrainer, winner: str, entry: Entry
) -> tuple[Made, Entry]:
    """Return what more time makes of a winner: trained on as sparse as it is, and its entry.

    winner: id of its network. entry: the recipe that it was made by. The step size begins anew, as
    sparse networks go on gaining long after a dense one's schedule has ended (Kuznedelev et al.
    2023, arXiv:2308.02060). Raises SettingsError if the time is too short for a few epochs.
    """
    epoch, used = trainer.epoch_seconds()
    if said := too_short(minutes, epoch):
        raise SettingsError(said)
    population = _Population(trainer, 60 * minutes, epoch, used, seed)
    population.begin(winner)
    population.train_on(
        {
            **entry.values,
            "sparsity": entry.sparsity / trainer.highest,
            "schedule": "one_shot",
        }
    )
    return population.made[0], population.entries[0]


def least_minutes(epoch_seconds: float) -> int:
    """Return the shortest time of a competition, in minutes, where an epoch takes so long."""
    return max(1, math.ceil(_least_seconds(epoch_seconds) / 60))


def too_short(minutes: float, epoch_seconds: float) -> str | None:
    """Return what to say of a time in which no competition can be held; None for enough."""
    if 60 * minutes >= _least_seconds(epoch_seconds):
        return None
    return (
        f"{plural(minutes, 'minute')} {'is' if minutes == 1 else 'are'} too short for a "
        f"competition: an epoch takes {duration(epoch_seconds)} on this machine. "
        f"Allow at least {plural(least_minutes(epoch_seconds), 'minute')}."
    )


def _least_seconds(epoch_seconds: float) -> float:
    return LEAST_EPOCHS * epoch_seconds + 2 * CAUTION * OVERHEAD_SECONDS


class _Population:
    """The networks in the race, and the time that is left for them."""

    def __init__(
        self, trainer: NetworkTrainer, seconds: float, epoch: float, used: float, seed: int
    ) -> None:
        self._trainer, self._all, self._epoch, self._seed = trainer, seconds, epoch, seed
        self._left, self._overhead = seconds - used, OVERHEAD_SECONDS
        self._outlook = Outlook(usual=trainer.usual)
        self._finalists: list[Entry] = []
        self.dense = Made("", 0.0, 0.0, 0.0, 0.0)
        self.entries: list[Entry] = []
        self.made: list[Made] = []

    def begin(self, dense: str | None, share: float = 0.0) -> None:
        """Train the dense network for a share of the time, or take the one with this id."""
        if dense is not None:
            self.dense = self._trainer.given(dense)
            return
        seconds = max(share * self._left, self._epoch)
        recipe = replace(PRESETS["thorough"], epochs=self._epochs(seconds), seconds=seconds)
        self.dense = self._trainer.train(recipe, derived_seed(self._seed, "dense"))
        self._book(self.dense, seconds)
        if self.dense.epochs:
            self._epoch = min(self._epoch, PRUNING_COSTS * seconds / self.dense.epochs)

    def search(self, share: float) -> None:
        """Try recipes briefly: six, and the best two for longer; or where that is too short three.

        Those differ in their sparsity alone, which matters most. None where they, too, would be
        too short to tell anything.
        """
        budget = min(share * self._all, self._left / 2)
        runs, tries = FIRST_RUNG + SECOND_RUNG_FACTOR * SECOND_RUNG, FIRST_RUNG + SECOND_RUNG
        halving = (budget - tries * self._overhead) / runs
        few = budget / SPARSITIES - self._overhead
        shortest = SHORTEST_TRY * self._epoch
        epochs = self._epochs(self._left - budget)
        self._outlook = Outlook(self.dense.accuracy, epochs, self._trainer.usual)
        if halving >= shortest:
            self._halve(min(halving, self._epoch * MOST_EPOCHS / SECOND_RUNG_FACTOR))
        elif few >= shortest:
            self._tries(SPARSITIES, min(few, SECOND_RUNG_FACTOR * shortest))
            self._finalists = list(self.entries)

    def _halve(self, first: float) -> None:
        self._tries(FIRST_RUNG, first)
        best = sorted(self.entries, key=self._outlook.objective, reverse=True)[:SECOND_RUNG]
        for entry in best:
            self._try(entry.values, SECOND_RUNG_FACTOR * first)
        self._finalists = self.entries[-SECOND_RUNG:]

    def _tries(self, count: int, seconds: float) -> None:
        for _ in range(count):
            self._try(propose(self.entries, self._seed, self._outlook), seconds)

    def finish(self) -> None:
        """Give the most promising recipe, or the one known before, all the time that is left.

        After a search, time for fewer epochs than a finalist's is left unused.
        """
        if not self._finalists:
            self.train_on(propose([], self._seed, self._outlook))
            return
        seconds = self._left - CAUTION * self._overhead
        best = max(self._finalists, key=self._outlook.objective)
        if seconds > best.seconds:
            self._try(best.values, seconds)

    def train_on(self, values: dict[str, Value]) -> None:
        """Give all of the time to one recipe."""
        self._try(values, max(self._left - CAUTION * self._overhead, self._epoch))

    def _try(self, values: dict[str, Value], seconds: float) -> None:
        seed = derived_seed(self._seed, "try", len(self.entries))
        plan = replace(plan_of(values, self._epochs(seconds)), seconds=seconds)
        plan = replace(plan, sparsity=plan.sparsity * self._trainer.highest)
        made = self._trainer.prune(self.dense.id, plan, seed)
        self._book(made, seconds)
        self._epoch = seconds / made.epochs if made.epochs else self._epoch
        self.made.append(made)
        self.entries.append(
            Entry(
                values, round(made.epochs), made.accuracy, made.sparsity, made.score, made.seconds
            )
        )

    def _book(self, made: Made, trained: float) -> None:
        """Take a network's time from what is left, and learn what it needed beside training."""
        self._left -= made.seconds
        self._overhead = max(self._overhead, made.seconds - trained)

    def _epochs(self, seconds: float) -> int:
        """Return how many epochs to plan for a training of so long."""
        return min(max(1, int(seconds / self._epoch)), MOST_EPOCHS)
