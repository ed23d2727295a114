"""Which runs docs/ablations.md is made of, and which of them can be computed next."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.results import Ordered
from core.pruning.plan import PrunePlan
from core.pruning.spec import PruneSpec
from core.settings import digest
from core.training.recipe import PRESETS
from core.training.spec import TrainSpec

# LAMP is magnitude's default; the score's optimum lies near this sparsity.
BASE = PrunePlan(method="magnitude", sparsity=0.968, epochs=12)
BASELINE = "as it is"
TEACHERS = "the dense networks of all seeds teach together"
SOUP = "mean of two runs that share their zeros, 6 + 2 × 3 epochs"
ANOTHER = 1000  # added to a seed, for a second run beside the first
OPTIONS: dict[str, dict[str, Any]] = {  # the most promising first
    BASELINE: {},
    TEACHERS: {},
    SOUP: {},
    "moving average .99": {"averaging": 0.99},
    "learning rate 4e-3": {"learning_rate": 4e-3},
    "distillation .7": {"distillation": 0.7},
    "SWA over the last quarter": {"swa": 0.25},
    "alternating (AC/DC)": {"schedule": "alternating"},
    "temperature 4": {"temperature": 4.0},
    "ramp .7": {"ramp": 0.7},
    "ramp .3": {"ramp": 0.3},
    "batch 32": {"batch_size": 32},
    "weight decay .01": {"weight_decay": 0.01},
    "label smoothing .05": {"label_smoothing": 0.05},
    "mixup .2": {"mixup": 0.2},
    "moving average .999": {"averaging": 0.999},
    "distillation .9": {"distillation": 0.9},
    "cutout 8": {"cutout": 8},
    "label smoothing .1": {"label_smoothing": 0.1},
    "temperature 1": {"temperature": 1.0},
    "SWA over the last quarter, cyclic": {"swa": 0.25, "swa_schedule": "cyclic"},
    "batch 128": {"batch_size": 128},
    "learning rate 1e-3": {"learning_rate": 1e-3},
    "without distillation": {"distillation": 0.0},
}


@dataclass(frozen=True)
class Wanted(Ordered):
    """A run that the page needs. option: what it changes; "" for a dense network."""

    option: str
    spec: TrainSpec | PruneSpec
    seed: int

    @property
    def needs(self) -> tuple[str, ...]:
        """Ids of the networks that have to be there before it."""
        if isinstance(self.spec, TrainSpec):
            return ()
        return (self.spec.dense, *self.spec.teachers)

    def __str__(self) -> str:
        return f"{self.option or 'dense network'}, seed {self.seed}"


@dataclass(frozen=True)
class Soup:
    """The mean of runs that go on from a shared one; option and seed are its."""

    shared: Wanted
    parts: tuple[Wanted, ...]

    @property
    def option(self) -> str:
        """What it is called."""
        return self.shared.option

    @property
    def seed(self) -> int:
        """That of its dense network."""
        return self.shared.seed

    @property
    def id(self) -> str:
        """What its row is called; no job has it."""
        return digest({"soup": self.needs})

    @property
    def needs(self) -> tuple[str, ...]:
        """Ids of the networks that it is the mean of."""
        return tuple(part.id for part in self.parts)


def dense_networks(data: str, seeds: int) -> list[Wanted]:
    """Return the trainings of the dense networks, one a seed."""
    spec = TrainSpec(data=data, recipe=PRESETS["thorough"])
    return [Wanted("", spec, seed) for seed in range(seeds)]


def prunings(dense: list[Wanted], options: Iterable[str], base: PrunePlan = BASE) -> list[Wanted]:
    """Return the prunings of these options, the first option's seeds first."""
    everybody = tuple(network.id for network in dense)
    return [
        Wanted(
            option,
            PruneSpec(
                data=network.spec.data,
                dense=network.id,
                plan=replace(base, **OPTIONS[option]),
                teachers=everybody if option == TEACHERS else (),
            ),
            network.seed,
        )
        for option in options
        if option != SOUP
        for network in dense
    ]


def soups(dense: list[Wanted], base: PrunePlan = BASE) -> list[Soup]:
    """Return the means of two runs each that go on from one half-trained network.

    All of a soup's epochs are the baseline's: half of them, with the whole ramp, for the network
    that both share, and a quarter for each, at the zeros that are there. The dense network goes on
    teaching.
    """
    half = replace(base, epochs=base.epochs // 2, ramp=min(2 * base.ramp, 0.95))
    part = replace(base, epochs=base.epochs // 4, schedule="one_shot")
    found = []
    for network in dense:
        data = network.spec.data
        stem = Wanted(SOUP, PruneSpec(data=data, dense=network.id, plan=half), network.seed)
        spec = PruneSpec(data=data, dense=stem.id, plan=part, teachers=(network.id,))
        seeds = (network.seed, network.seed + ANOTHER)
        found.append(Soup(stem, tuple(Wanted(SOUP, spec, seed) for seed in seeds)))
    return found


def everything(dense: list[Wanted], options: Iterable[str]) -> list[Wanted | Soup]:
    """Return what has a row on the page for these options, in their order."""
    made = [*prunings(dense, options), *(soups(dense) if SOUP in options else [])]
    return sorted(made, key=lambda run: list(OPTIONS).index(run.option))


def next_runs(
    runs: Iterable[Wanted | Soup],
    dense: Iterable[Wanted],
    rows: Collection[str],
    here: Collection[str],
    given_up: Collection[str],
    count: int = 1,
) -> list[Wanted]:
    """Return what to compute now: the first runs without a row, or networks that they need.

    rows: ids on file. here: ids of finished jobs. given_up: ids of those that failed.
    """
    runs = list(runs)
    cooked = [run for run in runs if isinstance(run, Soup)]
    parts = (part for run in cooked for part in (run.shared, *run.parts))
    known = {run.id: run for run in (*dense, *parts)}
    chosen: dict[str, Wanted] = {}
    for run in runs:
        for first in [] if run.id in rows else _before(run, known, here):
            if first.id not in given_up and len(chosen) < count:
                chosen.setdefault(first.id, first)
    return list(chosen.values())


def _before(run: Wanted | Soup, known: Mapping[str, Wanted], here: Collection[str]) -> list[Wanted]:
    """Return the runs that can be computed now and bring this one nearer; itself, if it can be."""
    missing = [known[id] for id in run.needs if id not in here]
    if not missing:
        return [run] if isinstance(run, Wanted) else []
    return list({each.id: each for one in missing for each in _before(one, known, here)}.values())
