"""Federated runs grouped by what was the same: repetitions, equal clients, equal work.

An experiment is one group of settings on several draws of the data. Two experiments are compared
draw by draw, and only where both ran; clients of different draws are different tasks.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.runs import learning_curves
from core.runs.finished.histories import History

Draw = tuple[int, int]
SEED = re.compile(r"(?:, )?(?:data )?seed (?:\d+|as usual)")  # in a label, of one run of several
WORK = ("local_steps", "local_epochs", "batch_size")
NAMES = ("data_seed",)  # settings that say nothing of the training
CLIENTS = ("data", "partition")
NETWORK = ("network", "hidden", "start")


def draw_of(history: History) -> Draw:
    """Return the seed of the data's draw and division, and the seed of everything else."""
    return history.spec.drawn_with(history.seed), history.seed


@dataclass(frozen=True)
class Experiment:
    """One group of settings; runs: one history a draw, in order of the draws."""

    label: str
    runs: tuple[History, ...]

    @property
    def first(self) -> History:
        """Any of the runs, for what all share."""
        return self.runs[0]

    @property
    def draws(self) -> dict[Draw, History]:
        """The runs by draw."""
        return {draw_of(run): run for run in self.runs}

    def mean(self, value: Callable[[History], float]) -> float:
        """Return the mean of a number over the draws; inf where one of them is."""
        return float(np.mean([value(run) for run in self.runs]))

    def setting(self, name: str) -> Any:
        """Return a setting that all runs share."""
        return self.first.facts.get(name)

    def on(self, draws: Iterable[Draw]) -> "Experiment":
        """Return the experiment on some of its draws."""
        here = self.draws
        return Experiment(self.label, tuple(here[draw] for draw in sorted(draws)))


def experiments(histories: Sequence[History]) -> list[Experiment]:
    """Return the histories grouped by all settings but the draw, in order of first appearance."""
    groups: dict[str, dict[Draw, History]] = {}
    for history in histories:
        own = repr(sorted((k, v) for k, v in history.facts.items() if k not in NAMES))
        groups.setdefault(own, {}).setdefault(draw_of(history), history)
    return [_experiment([group[draw] for draw in sorted(group)]) for group in groups.values()]


def _experiment(runs: Sequence[History]) -> Experiment:
    label = runs[0].label
    if len(runs) > 1:
        label = SEED.sub("", label).replace("(, ", "(").replace(" ()", "").strip()
    return Experiment(label, tuple(runs))


def shared(one: Experiment, other: Experiment) -> tuple[Experiment, Experiment] | None:
    """Return both experiments on the draws that both ran, None if there is no such draw."""
    common = one.draws.keys() & other.draws.keys()
    return (one.on(common), other.on(common)) if common else None


def alike(one: Experiment, other: Experiment, *but: str) -> bool:
    """Tell whether two experiments have the same settings apart from some."""
    left_out = {*NAMES, *but}
    keys = one.first.facts.keys() | other.first.facts.keys()
    kept = [key for key in keys if key.partition(".")[0] not in left_out]
    return all(one.setting(key) == other.setting(key) for key in kept)


def same(one: Experiment, other: Experiment, names: Iterable[str]) -> bool:
    """Tell whether two experiments share these settings."""
    return all(one.setting(name) == other.setting(name) for name in names)


def local_work(experiment: Experiment) -> tuple[Any, ...]:
    """Return how long clients were set to work between two averages."""
    steps, batch = experiment.setting("local_steps"), experiment.setting("batch_size")
    return steps or None, None if steps else experiment.setting("local_epochs") or 1, batch


def participation(experiment: Experiment) -> str:
    """Return how many clients take part in a round, in words."""
    asked = experiment.setting("clients_per_round") or 0
    return f"{asked} clients in a round" if asked else "all clients in every round"


def differ_in_work(found: Sequence[Experiment]) -> list[list[Experiment]]:
    """Return the groups of two or more that differ in local work alone, on the draws they share."""
    groups: list[list[Experiment]] = []
    for experiment in found:
        home = next((g for g in groups if alike(g[0], experiment, *WORK)), None)
        groups.append([experiment]) if home is None else home.append(experiment)
    kept = [_on_common_draws(group) for group in groups]
    return [g for g in kept if len({local_work(each) for each in g}) > 1]


def _on_common_draws(group: Sequence[Experiment]) -> list[Experiment]:
    common = set.intersection(*(set(each.draws) for each in group))
    return [each.on(common) for each in group] if common else []


def by_work(group: Sequence[Experiment]) -> list[Experiment]:
    """Return the experiments from least to most work in a round, as measured."""
    return sorted(group, key=lambda each: each.mean(learning_curves.work_per_round))


@dataclass(frozen=True)
class Gap:
    """How much larger a number is in one experiment than in another, draw by draw.

    draws: of the data; seeds of the training alone are repetitions on one draw. error: standard
    error of the mean over draws, NaN for one.
    """

    mean: float
    error: float
    draws: int

    @property
    def is_clear(self) -> bool:
        """Whether the gap is more than two standard errors; never for one draw."""
        return self.draws > 1 and abs(self.mean) > 2 * self.error


def gap(one: Experiment, other: Experiment, value: Callable[[History], float]) -> Gap:
    """Return how much larger a number is in the first of two experiments on the same draws."""
    by_draw: dict[int, list[float]] = {}
    for a, b in zip(one.runs, other.runs, strict=True):
        by_draw.setdefault(draw_of(a)[0], []).append(value(a) - value(b))
    found = [float(np.mean(each)) for each in by_draw.values()]
    error = float(np.std(found, ddof=1) / math.sqrt(len(found))) if len(found) > 1 else math.nan
    return Gap(float(np.mean(found)), error, len(found))


def last(name: str) -> Callable[[History], float]:
    """Return what reads a column's value in the last round."""
    return lambda history: learning_curves.final(history, name)
