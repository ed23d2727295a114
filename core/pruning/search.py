"""Competition mode: the best score within a time budget, by a search over recipes."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.evaluation.accuracy import accuracy, predict
from core.evaluation.score import score
from core.models.network import Weights, initial_weights
from core.progress import Phases, Progress, Silent
from core.pruning.mask import Mask
from core.pruning.outcome import Arrays, Pruned, notes_array, notes_of, packed, unpacked
from core.pruning.proposals import Entry, plan_of, propose
from core.pruning.prune import prune
from core.randomness import derived_seed
from core.settings import Value
from core.training.history import History
from core.training.prepare import Prepared
from core.training.recipe import PRESETS

DENSE_SHARE, SEARCH_SHARE = 0.35, 0.2
SAFETY = 0.9  # machines slow down; a competition that overruns its time has lost
FIRST_RUNG, SECOND_RUNG = 6, 2
SECOND_RUNG_FACTOR = 2
TIMED_IMAGES = 1280


@dataclass(frozen=True)
class Competition:
    """The winner and everything that was tried, in order; all choices by validation score."""

    dense: Weights
    best: Pruned
    entries: tuple[Entry, ...]


def compete(
    data: Prepared, minutes: float, seed: int, progress: Progress, *, dense: Weights | None = None
) -> Competition:
    """Return the best pruned network that `minutes` of this machine can find.

    A dense network is trained (unless given), recipes are tried briefly by successive halving, and
    the best one gets all the time that is left. The holdout is never looked at. Finished steps
    are kept: a resumed competition continues where it stopped, its used time still counted.
    """
    epochs_left = 10.0 * minutes
    shares = {"timing": 0.01 * epochs_left, "dense": DENSE_SHARE * epochs_left}
    names = [f"recipe {number}" for number in range(1, FIRST_RUNG + SECOND_RUNG + 1)]
    shares |= dict.fromkeys(names, SEARCH_SHARE * epochs_left / len(names))
    shares["final"] = (1 - DENSE_SHARE - SEARCH_SHARE) * epochs_left
    phases = Phases(progress, shares)
    return _Run(phases, data, 60 * minutes * SAFETY, seed).result(dense)


@dataclass(frozen=True)
class _Run:
    phases: Phases
    data: Prepared
    seconds: float
    seed: int

    def result(self, given: Weights | None) -> Competition:
        timing = self.phases.run("timing", partial(_time_an_epoch, self.data, self.seed))
        used = float(timing["seconds"])
        epoch = float(timing["epoch_seconds"])
        dense, spent = (given, 0.0) if given else self._dense(epoch)
        used += spent
        entries = self._search(dense, max(1, int(SEARCH_SHARE * self.seconds / epoch)))
        used += sum(entry.seconds for entry in entries)
        best = max(entries, key=lambda entry: (entry.epochs, entry.score))
        pace = sum(e.seconds for e in entries) / sum(e.epochs for e in entries)
        epochs = max(best.epochs, int((self.seconds - used) / max(pace, 1e-9)))
        final, last = self._final(dense, best, epochs)
        return Competition(dense, final, (*entries, last))

    def _dense(self, epoch_seconds: float) -> tuple[Weights, float]:
        epochs = max(1, int(DENSE_SHARE * self.seconds / epoch_seconds))
        done = self.phases.run("dense", partial(_train_dense, self.data, epochs, self.seed))
        return unpacked(done, "weights"), float(done["seconds"])

    def _search(self, dense: Weights, budget: int) -> list[Entry]:
        """Return the tried recipes: six briefly, then the best two for longer."""
        first = max(1, budget // (FIRST_RUNG + SECOND_RUNG_FACTOR * SECOND_RUNG))
        entries: list[Entry] = []
        for number in range(1, FIRST_RUNG + 1):
            entries.append(self._try(dense, number, propose(entries, self.seed), first))
        best = sorted(entries, key=lambda entry: -entry.score)[:SECOND_RUNG]
        for number, entry in enumerate(best, start=FIRST_RUNG + 1):
            longer = SECOND_RUNG_FACTOR * first
            entries.append(self._try(dense, number, entry.values, longer))
        return entries

    def _try(self, dense: Weights, number: int, values: dict[str, Value], epochs: int) -> Entry:
        work = partial(_prune, dense, self.data, values, epochs, derived_seed(self.seed, number))
        return _entry(self.phases.run(f"recipe {number}", partial(_only_entry, work)))

    def _final(self, dense: Weights, best: Entry, epochs: int) -> tuple[Pruned, Entry]:
        seed = derived_seed(self.seed, "final")
        done = self.phases.run(
            "final", partial(_prune, dense, self.data, best.values, epochs, seed)
        )
        entry = _entry(done)
        pruned = Pruned(
            weights=unpacked(done, "weights"),
            mask=Mask(unpacked(done, "mask")),
            kept=None,
            small=None,
            history=History(done["history"]),
            epochs=float(entry.epochs),
            notes=notes_of(done["notes"]),
            plan=plan_of(entry.values, entry.epochs),
        )
        return pruned, entry


def _time_an_epoch(data: Prepared, seed: int, progress: Progress) -> Arrays:
    """Measure a few steps of pruning, the slowest kind of epoch here."""
    few = min(TIMED_IMAGES, len(data.train))
    part = replace(data, train=data.train.take(np.arange(few)))
    started = time.perf_counter()
    plan = plan_of({"sparsity": 0.9}, 1)
    first = prune(initial_weights(data.shape, seed), part, plan, seed, Silent())
    warm = time.perf_counter()
    prune(first.weights, part, plan, seed, Silent())
    ended = time.perf_counter()
    epoch = (ended - warm) * len(data.train) / few
    return {"epoch_seconds": np.array(epoch), "seconds": np.array(ended - started)}


def _train_dense(data: Prepared, epochs: int, seed: int, progress: Progress) -> Arrays:
    from core.training.train import train

    started = time.perf_counter()
    recipe = replace(PRESETS["fast"], epochs=epochs)
    start = initial_weights(data.shape, seed)
    trained = train(start, data.shape, data, recipe, derived_seed(seed, "dense"), progress)
    seconds = np.array(time.perf_counter() - started)
    return {**packed(weights=trained.weights), "seconds": seconds}


def _prune(
    dense: Weights,
    data: Prepared,
    values: dict[str, Value],
    epochs: int,
    seed: int,
    progress: Progress,
) -> Arrays:
    started = time.perf_counter()
    pruned = prune(dense, data, plan_of(values, epochs), seed, progress)
    images, labels = data.validation.images, data.validation.labels
    found = accuracy(predict(pruned.weights, data.shape, images), labels)
    seconds = time.perf_counter() - started
    entry = Entry(values, epochs, found, pruned.sparsity, score(found, pruned.sparsity), seconds)
    return {
        **packed(weights=pruned.weights, mask=pruned.mask.arrays),
        "history": pruned.history.values,
        "notes": notes_array(pruned.notes),
        "entry": np.array(json.dumps(vars(entry))),
    }


def _only_entry(work: Callable[[Progress], Arrays], progress: Progress) -> Arrays:
    return {"entry": work(progress)["entry"]}


def _entry(arrays: Arrays) -> Entry:
    return Entry(**json.loads(str(arrays["entry"])))
