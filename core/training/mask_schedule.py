"""When and how a mask changes while a network trains."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.networks.network import Weights

Masks = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class MaskSchedule:
    """Changes the mask while the network trains.

    Its steps are those of the plan, see `core.training.pace`.
    mask: (step, current plain values of the variables) -> new masks, or None to leave them.
    every: steps between two calls; the first call is at step 0.
    last_step: from here on the mask stands, and an epoch may be chosen as the best.
    """

    mask: Callable[[int, Weights], Masks | None]
    every: int = 100
    last_step: int = 0

    def due(self, step: int) -> int:
        """Return the step of the last call that is due at this one."""
        return min(step, self.last_step) // self.every * self.every
