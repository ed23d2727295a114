"""Competition mode: the best score within a time budget, by a search over recipes.

A dense network is trained, recipes are tried briefly by successive halving (Jamieson & Talwalkar
2016, arXiv:1502.07943), and the best one gets all the time that is left. What trains and prunes is
a NetworkTrainer: jobs of the store, or this process. All choices go by validation score.
"""

import math
from dataclasses import dataclass, replace
from typing import Protocol

from core.errors import SettingsError
from core.pruning.plan import PrunePlan
from core.pruning.search.proposals import Entry, objective_of, plan_of, propose
from core.randomness import derived_seed
from core.settings import Value
from core.text import duration, plural
from core.training.recipe import MOST_EPOCHS, PRESETS, Recipe

DENSE_SHARE, SEARCH_SHARE = 0.35, 0.2
SAFETY = 0.9  # machines slow down; a competition that overruns its time has lost
FIRST_RUNG, SECOND_RUNG = 6, 2
SECOND_RUNG_FACTOR = 2
LEAST_EPOCHS = 6  # a dense network, a few tries and a final run of an epoch or two each


@dataclass(frozen=True)
class Made:
    """A network that a trainer made: how to find it again, and how it did on validation images."""

    id: str
    accuracy: float
    sparsity: float
    score: float
    seconds: float

    @property
    def objective(self) -> float:
        """What the search maximises, see `objective_of`."""
        return objective_of(self.score, self.accuracy)


class NetworkTrainer(Protocol):
    """What a competition needs done; asking for the same again must give the same again."""

    def epoch_seconds(self) -> tuple[float, float]:
        """Return how long an epoch of pruning takes here, and how long it took to find out."""
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
    minutes: float, seed: int, trainer: NetworkTrainer, dense: str | None = None
) -> Competition:
    """Return the best pruned network that `minutes` of this machine can find.

    dense: id of a network to start from, instead of training one. The best is the highest
    validation score among the final run and the tries; the holdout is never looked at.
    Raises SettingsError if the time is too short for a few epochs.
    """
    seconds = 60 * minutes * SAFETY
    epoch, used = trainer.epoch_seconds()
    if said := too_short(minutes, epoch):
        raise SettingsError(said)
    start = _dense(trainer, seconds, epoch, seed) if dense is None else _given(dense)
    population = _Population(trainer, start.id, seed)
    population.halve(max(1, int(SEARCH_SHARE * seconds / epoch)))
    used += start.seconds + sum(entry.seconds for entry in population.entries)
    population.finish(seconds - used)
    best = max(population.made, key=lambda made: made.objective)
    return Competition(start, best, tuple(population.entries))


def least_minutes(epoch_seconds: float) -> int:
    """Return the shortest time of a competition, in minutes, where an epoch takes so long."""
    return max(1, math.ceil(LEAST_EPOCHS * epoch_seconds / 60 / SAFETY))


def too_short(minutes: float, epoch_seconds: float) -> str | None:
    """Return what to say of a time in which no competition can be held; None for enough."""
    if 60 * minutes * SAFETY >= LEAST_EPOCHS * epoch_seconds:
        return None
    return (
        f"{plural(minutes, 'minute')} {'is' if minutes == 1 else 'are'} too short for a "
        f"competition: an epoch takes {duration(epoch_seconds)} on this machine. "
        f"Allow at least {plural(least_minutes(epoch_seconds), 'minute')}."
    )


def _dense(trainer: NetworkTrainer, seconds: float, epoch: float, seed: int) -> Made:
    epochs = min(max(1, int(DENSE_SHARE * seconds / epoch)), MOST_EPOCHS)
    return trainer.train(replace(PRESETS["thorough"], epochs=epochs), derived_seed(seed, "dense"))


def _given(dense: str) -> Made:
    return Made(dense, 0.0, 0.0, 0.0, 0.0)


class _Population:
    """The recipes in the race: what was tried so far."""

    def __init__(self, trainer: NetworkTrainer, dense: str, seed: int) -> None:
        self._trainer, self._dense, self._seed = trainer, dense, seed
        self.entries: list[Entry] = []
        self.made: list[Made] = []

    def halve(self, budget: int) -> None:
        """Try six recipes briefly, then the best two for twice as long; budget in epochs.

        A budget of fewer than ten epochs gives as many recipes one epoch, at most six.
        """
        first = budget // (FIRST_RUNG + SECOND_RUNG_FACTOR * SECOND_RUNG)
        first = min(first, MOST_EPOCHS // SECOND_RUNG_FACTOR)
        for _ in range(FIRST_RUNG if first else min(budget, FIRST_RUNG)):
            self._try(propose(self.entries, self._seed), max(1, first))
        best = sorted(self.entries, key=lambda entry: -entry.objective)[:SECOND_RUNG]
        for entry in best if first else ():
            self._try(entry.values, SECOND_RUNG_FACTOR * first)

    def finish(self, seconds: float) -> None:
        """Give the best recipe of the last rung all the seconds that are left.

        If these are too few for more epochs than it had, they are left.
        """
        best = max(self.entries, key=lambda entry: (entry.epochs, entry.objective))
        pace = best.seconds / best.epochs
        epochs = min(int(seconds / max(pace, 1e-9)), MOST_EPOCHS)
        if epochs > best.epochs:
            self._try(best.values, epochs)

    def _try(self, values: dict[str, Value], epochs: int) -> None:
        seed = derived_seed(self._seed, "try", len(self.entries))
        made = self._trainer.prune(self._dense, plan_of(values, epochs), seed)
        self.made.append(made)
        self.entries.append(
            Entry(values, epochs, made.accuracy, made.sparsity, made.score, made.seconds)
        )
