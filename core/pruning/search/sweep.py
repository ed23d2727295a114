"""Methods x sparsities x seeds as plans of equal budget, and how long they will take."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import numpy as np

from core.errors import SettingsError
from core.evaluation.cost import multiply_adds
from core.json_values import Codec, decode
from core.networks.compact import compact_shape
from core.networks.network import NetworkShape
from core.networks.network_store import NetworkSummary
from core.networks.topology import CHANNEL_LAYERS
from core.pruning.allocation.alignment import is_aligned
from core.pruning.allocation.channels import channel_counts
from core.pruning.method import OWN
from core.pruning.methods import METHODS
from core.pruning.paper_recipe import default_recipe, paper_recipe
from core.pruning.plan import DEFAULT, PAPER, PrunePlan
from core.pruning.search.seeds import repetition_seed
from core.settings import Settings, setting
from core.training.recipe import MOST_EPOCHS

ALL = "all"
STYLES = (DEFAULT, PAPER)

# Parts of a dense epoch: what no network escapes (augmenting, calling), and the forward pass of the
# teacher, a fifth but remembered for half of the runs; and how much slower unaligned convolutions
# are (decision 64). Measured on two fast cores; on slow ones small networks take less.
OVERHEAD_SHARE = 0.42
TEACHER_SHARE = 0.1
UNALIGNED = 1.8
ONE_CORE_GAIN = 1.3  # how much more two runs of one core each get done than one of two cores
CUT_SECONDS = 3.0


def sparsities_of(text: str) -> tuple[float, ...]:
    """Return the sparsities that a person wrote as percentages: "96, 98.5%" is .96 and .985.

    Raises SettingsError for what is no percentage from 0 up to, not including, 100.
    """
    found = []
    for part in text.replace(";", ",").replace("%", "").split(","):
        if not part.strip():
            continue
        try:
            share = Decimal(part.strip()) / 100  # decimals: .985 of 98.5, not .9850000000000001
            fits = 0 <= share < 1
        except InvalidOperation:  # not a number, or the number called NaN
            fits = False
        if not fits:
            raise SettingsError(
                f"“{part.strip()[:20]}” is no sparsity. Write percentages from 0 up to, not "
                "including, 100, separated by commas: 96, 98.5."
            )
        found.append(float(share))
    return tuple(found)


@dataclass(frozen=True)
class PlannedRun:
    """One point of a sweep: a plan and the seed of everything random in it."""

    plan: PrunePlan
    seed: int


def _methods_from_json(value: Any, place: str) -> tuple[str, ...]:
    return methods_named((value,) if value == ALL else decode(tuple[str, ...], value, place))


def methods_named(names: Sequence[str]) -> tuple[str, ...]:
    """Return the methods' names; "all" are those of the table."""
    return tuple(METHODS) if ALL in names else tuple(names)


@dataclass(frozen=True, kw_only=True)
class Sweep(Settings):
    """What is compared; every run gets the same number of epochs, sparse training included.

    styles: DEFAULT (the recipe that all share) and PAPER (each paper's own).
    Raises SettingsError for methods, sparsities or styles that are none.
    """

    methods: tuple[str, ...] = setting(
        tuple(METHODS), codec=Codec(list, _methods_from_json), help="all, or names of methods"
    )
    sparsities: tuple[float, ...] = setting(
        (0.5, 0.8, 0.9, 0.95, 0.98), help="Zeros over all parameters, three or more for a frontier"
    )
    epochs: int = setting(6, low=0, high=MOST_EPOCHS, help="The same budget for every method")
    seeds: int = setting(1, low=1, high=1000, help="Repetitions, for error bars")
    styles: tuple[str, ...] = setting(
        (DEFAULT,), choices=STYLES, help="Common recipe, the papers' own, or both"
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "methods", methods_named(self.methods))
        super().__post_init__()
        unknown = [name for name in self.methods if name not in METHODS]
        if unknown or not self.methods:
            raise SettingsError(
                f"Unknown methods: {', '.join(unknown) or 'none given'}. "
                f"Choose from: {', '.join(METHODS)}."
            )
        if not self.sparsities or not all(0 <= s < 1 for s in self.sparsities):
            raise SettingsError(
                "Give one or more sparsities from 0 up to, not including, 1: 0.9 for 90%."
            )
        if not self.styles:
            raise SettingsError(f"Choose one or both of the styles {' and '.join(STYLES)}.")

    def runs(self, seed: int = 0) -> list[PlannedRun]:
        """Return all runs, so ordered that the whole range of sparsities shows early.

        seed: of the sweep; the repetitions' seeds derive from it by name and are the same for all
        methods and sparsities.
        """
        return [
            PlannedRun(self._plan(method, sparsity, style), repetition_seed(seed, repetition))
            for repetition in range(self.seeds)
            for sparsity in spread(sorted(set(self.sparsities)))
            for style in self.styles
            for method in dict.fromkeys(self.methods)
        ]

    def _plan(self, method: str, sparsity: float, style: str) -> PrunePlan:
        return (paper_recipe if style == PAPER else default_recipe)(method, sparsity, self.epochs)


def spread(values: list[float]) -> list[float]:
    """Return the values so ordered that each prefix covers the range: ends, middle, quarters."""
    if len(values) <= 2:
        return list(values)
    middle = len(values) // 2
    left, right = spread(values[1:middle]), spread(values[middle + 1 : -1])
    longest = max(len(left), len(right))
    between = [part[i] for i in range(longest) for part in (left, right) if i < len(part)]
    return [values[0], values[-1], values[middle], *between]


def run_seconds(
    plan: PrunePlan,
    shape: NetworkShape | NetworkSummary,
    epoch_seconds: float,
) -> float:
    """Return how long a plan will take.

    epoch_seconds: of training the dense network on this machine (its run measured it).
    """
    teacher = TEACHER_SHARE if plan.distillation else 0.0
    share = _work_share(plan, shape)
    return CUT_SECONDS + plan.epochs * epoch_seconds * (share + teacher)


def _work_share(plan: PrunePlan, shape: NetworkShape | NetworkSummary) -> float:
    """Return the cost of an epoch against a dense one: structured networks train small."""
    if not plan.rule.structured:
        return 1.0
    if isinstance(shape, NetworkSummary):  # units of all layers go alike, and with them the work
        share = OVERHEAD_SHARE + (1 - OVERHEAD_SHARE) * (1 - plan.sparsity)
        return (1 + share) / 2 if plan.rule.trains else share
    allocation = plan.resolved_allocation
    counts = _expected_counts(
        shape, "balanced" if allocation in (OWN, "sensitivity") else allocation, plan.sparsity
    )
    kept = {layer: np.arange(counts[layer]) for layer in CHANNEL_LAYERS}
    small = multiply_adds(compact_shape(shape, kept)) / multiply_adds(shape)
    share = OVERHEAD_SHARE + (1 - OVERHEAD_SHARE) * small
    if not is_aligned(counts):
        share *= UNALIGNED
    return (1 + share) / 2 if plan.rule.trains else share


@lru_cache(maxsize=256)  # a page asks for every run of a sweep each time anything on it changes
def _expected_counts(shape: NetworkShape, allocation: str, sparsity: float) -> dict[str, int]:
    flat = {layer: np.ones(shape.units[layer]) for layer in CHANNEL_LAYERS}
    return channel_counts(flat, shape, allocation, sparsity)


def sweep_seconds(
    runs: list[PlannedRun],
    shape: NetworkShape | NetworkSummary,
    epoch_seconds: float,
    cores: int = 2,
    places: int | None = None,
) -> float:
    """Return how long all runs will take on a machine with that many cores.

    epoch_seconds: of a run of two cores; several runs take one core each and are slower for it.
    places: runs that have room at once, as many as cores if not given.
    """
    each = [run_seconds(run.plan, shape, epoch_seconds) for run in runs]
    if len(each) < 2 or cores < 2:
        return sum(each)
    loads = [0.0] * max(1, min(cores, places or cores))
    for seconds in each:
        loads[loads.index(min(loads))] += seconds * 2 / ONE_CORE_GAIN
    return max(loads)
