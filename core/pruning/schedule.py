"""When weights go: at once, in rounds, gradually while the network trains, or in turns."""

from dataclasses import dataclass

import numpy as np

from core.pruning.masks.mask import check_sparsity
from core.pruning.plan import PrunePlan

UPDATES = 40
UPDATES_WITH_DATA = 10
CUT_SHARE = 0.2


def gradual_sparsity(done: float, target: float, initial: float = 0.0) -> float:
    """Return s_f + (s_i - s_f)(1 - t)³ at t = done (0 to 1), and the target after that.

    Source: Zhu & Gupta 2017, To prune or not to prune, arXiv:1710.01878.
    """
    rest = 1 - min(max(done, 0.0), 1.0)
    return check_sparsity(target) + (initial - target) * rest**3


def round_sparsities(target: float, rounds: int, initial: float = 0.0) -> list[float]:
    """Return the sparsity after each round, the same share of the survivors going every time.

    The last is the target exactly. initial: the sparsity before the first. Source: Frankle &
    Carbin 2019, arXiv:1803.03635.
    """
    check_sparsity(target)
    before = 1 - min(initial, target)
    left = (1 - target) / before
    steps = [1 - before * left ** ((index + 1) / rounds) for index in range(rounds - 1)]
    return [*steps, target]


def divided(epochs: int, rounds: int) -> list[int]:
    """Return whole epochs for each round that add up to `epochs`; later rounds get the rest."""
    ends = [round(epochs * (index + 1) / rounds) for index in range(rounds)]
    return [end - start for start, end in zip([0, *ends[:-1]], ends, strict=True)]


@dataclass(frozen=True)
class SparsityRamp:
    """The steps of a gradual schedule.

    every: steps between two changes of the mask. last_step: a multiple of it, where the target
    is reached. initial: the sparsity before; what is zero already does not grow back.
    """

    every: int
    last_step: int
    target: float
    initial: float = 0.0

    def sparsity_at(self, step: int) -> float:
        """Return the sparsity from this step on; step 0 already takes the first share."""
        done = (step + self.every) / (self.last_step + self.every)
        return gradual_sparsity(done, self.target, min(self.initial, self.target))


def ramp_over(
    steps: int, share: float, target: float, updates: int = UPDATES, initial: float = 0.0
) -> SparsityRamp:
    """Return the ramp over the first `share` of a run of `steps` steps.

    share: 0 prunes at once. The run keeps at least one step after the ramp. initial: the sparsity
    of the network that it begins with.
    """
    length = min(int(steps * share), max(steps - 1, 0))
    every = max(1, int(np.ceil(length / updates)))
    return SparsityRamp(every, length // every * every, target, initial)


@dataclass(frozen=True)
class Alternation:
    """The phases of AC/DC: compressed and decompressed by turns, compressed at last.

    every: steps of a phase. last_step: where the last one begins, an even multiple of it.
    """

    every: int
    last_step: int

    def is_compressed(self, step: int) -> bool:
        """Tell whether weights are removed from this step on, or all of them train."""
        return step >= self.last_step or step // self.every % 2 == 0


def alternation_over(steps: int, share: float, rounds: int) -> Alternation:
    """Return `rounds` pairs of phases in the first `share` of a run, and a compressed rest.

    A run that is too short for so many has fewer. Source: Peste et al. 2021, AC/DC,
    arXiv:2106.12379, algorithm 1. Adapted: it begins compressed, as the dense network's own
    training is the paper's warm-up.
    """
    length = min(int(steps * share), max(steps - 1, 0))
    pairs = min(rounds, length // 2)
    every = length // (2 * pairs) if pairs else 1
    return Alternation(every, 2 * pairs * every)


def rounds_of(plan: PrunePlan, initial: float = 0.0) -> list[tuple[float, int]]:
    """Return (sparsity after the cut, epochs of training after it) of every round.

    initial: the sparsity of the network before the first.
    """
    if plan.resolved_schedule != "iterative":
        return [(plan.sparsity, plan.epochs)]
    rounds = max(1, min(plan.rounds, plan.epochs))
    sparsities = round_sparsities(plan.sparsity, rounds, initial)
    return list(zip(sparsities, divided(plan.epochs, rounds), strict=True))


def shares_of(plan: PrunePlan) -> dict[str, float]:
    """Return phase name -> expected duration in epochs, for `Phases`."""
    shares = {}
    for index, (_, epochs) in enumerate(rounds_of(plan), start=1):
        selecting = epochs / 2 if plan.rule.trains else 0.0
        shares[f"cut {index}"] = CUT_SHARE + selecting
        shares[f"training {index}"] = epochs - selecting
    return shares
