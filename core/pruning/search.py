"""Competition mode: the best score within a time budget, by a search over recipes.

A dense network is trained, recipes are tried briefly by successive halving (Jamieson & Talwalkar
2016, arXiv:1502.07943), and the best one gets all the time that is left. What trains and prunes is
a Workshop: jobs of the store, or this process. All choices go by validation score.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from core.pruning.plan import PrunePlan
from core.pruning.proposals import Entry, plan_of, propose
from core.randomness import derived_seed
from core.settings import Value
from core.training.recipe import PRESETS, Recipe

DENSE_SHARE, SEARCH_SHARE = 0.35, 0.2
SAFETY = 0.9  # machines slow down; a competition that overruns its time has lost
FIRST_RUNG, SECOND_RUNG = 6, 2
SECOND_RUNG_FACTOR = 2


@dataclass(frozen=True)
class Made:
    """A network that a workshop made: how to find it again, and how it did on validation images."""

    id: str
    accuracy: float
    sparsity: float
    score: float
    seconds: float


class Workshop(Protocol):
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


def compete(minutes: float, seed: int, workshop: Workshop, dense: str | None = None) -> Competition:
    """Return the best pruned network that `minutes` of this machine can find.

    dense: id of a network to start from, instead of training one. The best is the highest
    validation score among the final run and the tries; the holdout is never looked at.
    """
    seconds = 60 * minutes * SAFETY
    epoch, used = workshop.epoch_seconds()
    start = _dense(workshop, seconds, epoch, seed) if dense is None else _given(dense)
    field = _Field(workshop, start.id, seed)
    field.halve(max(1, int(SEARCH_SHARE * seconds / epoch)))
    used += start.seconds + sum(entry.seconds for entry in field.entries)
    field.finish(seconds - used)
    best = max(field.made, key=lambda made: made.score)
    return Competition(start, best, tuple(field.entries))


def _dense(workshop: Workshop, seconds: float, epoch: float, seed: int) -> Made:
    epochs = max(1, int(DENSE_SHARE * seconds / epoch))
    return workshop.train(replace(PRESETS["thorough"], epochs=epochs), derived_seed(seed, "dense"))


def _given(dense: str) -> Made:
    return Made(dense, 0.0, 0.0, 0.0, 0.0)


class _Field:
    """The recipes in the race: what was tried so far."""

    def __init__(self, workshop: Workshop, dense: str, seed: int) -> None:
        self._workshop, self._dense, self._seed = workshop, dense, seed
        self.entries: list[Entry] = []
        self.made: list[Made] = []

    def halve(self, budget: int) -> None:
        """Try six recipes briefly, then the best two for twice as long; budget in epochs."""
        first = max(1, budget // (FIRST_RUNG + SECOND_RUNG_FACTOR * SECOND_RUNG))
        for _ in range(FIRST_RUNG):
            self._try(propose(self.entries, self._seed), first)
        best = sorted(self.entries, key=lambda entry: -entry.score)[:SECOND_RUNG]
        for entry in best:
            self._try(entry.values, SECOND_RUNG_FACTOR * first)

    def finish(self, seconds: float) -> None:
        """Give the best recipe of the last rung all the seconds that are left."""
        best = max(self.entries, key=lambda entry: (entry.epochs, entry.score))
        pace = best.seconds / best.epochs
        self._try(best.values, max(best.epochs, int(seconds / max(pace, 1e-9))))

    def _try(self, values: dict[str, Value], epochs: int) -> None:
        seed = derived_seed(self._seed, "try", len(self.entries))
        made = self._workshop.prune(self._dense, plan_of(values, epochs), seed)
        self.made.append(made)
        self.entries.append(
            Entry(values, epochs, made.accuracy, made.sparsity, made.score, made.seconds)
        )
