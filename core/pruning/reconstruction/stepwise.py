"""Cut in small steps, each re-fitted before the next: the fit changes which weights matter least.

One cut to 98% and one fit leave little of a network; a quarter of what is left at a time, with a
fit after each, leaves most of it, at the price of a fraction of a second a step. Every step is
remembered, so that another sparsity costs one step more.
Source: after Frantar & Alistarh 2022, "Optimal Brain Compression", arXiv:2208.11580, who update
what is left after every single weight; here the least-squares fit comes after a group of them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from core.networks.network import Weights
from core.pruning.masks.mask import Mask
from core.pruning.reconstruction.refit import DenseMoments, reconstruct

STAYS = 0.75  # of what is left, at each step: eight steps to 90%, sixteen to 99%
Cut = Callable[[Weights, float], tuple[Mask, tuple[str, ...]]]


@dataclass(frozen=True)
class Stage:
    """A network on its way, what is left of it, and what the cut has to say."""

    weights: Weights
    mask: Mask
    notes: tuple[str, ...]


class StepwiseCut:
    """Cuts one dense network to any sparsity; `cut` turns weights into a mask of a sparsity."""

    def __init__(self, dense: Weights, measured: DenseMoments, cut: Cut) -> None:
        self._dense, self._measured, self._cut = dense, measured, cut
        self._stages: list[Stage] = []

    def to(self, sparsity: float) -> Stage:
        """Return the network at exactly this sparsity, re-fitted to the dense one's outputs."""
        steps = max(0, math.ceil(math.log(1 - sparsity, STAYS) - 1e-9) - 1)
        while len(self._stages) < steps:
            self._stages.append(self._step(len(self._stages), 1 - STAYS ** (len(self._stages) + 1)))
        return self._step(steps, sparsity)

    def _step(self, after: int, sparsity: float) -> Stage:
        """Return the stage of this sparsity, from what `after` steps have left."""
        weights = self._stages[after - 1].weights if after else self._dense
        chosen, notes = self._cut(weights, sparsity)
        # A zero is no weight: a fit would make one of it, and a sparse network less sparse.
        mask = Mask({name: kept & (weights[name] != 0) for name, kept in chosen.arrays.items()})
        return Stage(reconstruct(mask.apply(weights), mask.arrays, self._measured), mask, notes)
