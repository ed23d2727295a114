"""Which step of its plan a run is at: by counting epochs, or by the clock.

A run is planned for so many epochs, and everything that changes while it trains (learning rate,
sparsity) is a function of the planned step. A run by the clock spreads what is left of the plan, at
every epoch border, over the epochs that there is time for at what an epoch costs now: learning rate
and ramp reach their ends when the time ends, whatever else the machine had to do meanwhile.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

RECENT = 2  # epochs whose mean is what an epoch costs now


class Pace:
    """The planned steps done at the end of each epoch, as `ends`, and what they cost.

    planned: epochs of the plan; per_epoch: steps in one. seconds: to train for, 0 to count epochs.
    clock: seconds of any origin; time between two attempts of a run is not the run's.
    """

    def __init__(
        self,
        planned: int,
        per_epoch: int,
        seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_epoch, self._seconds, self._clock = per_epoch, seconds, clock
        self.steps = planned * per_epoch
        self._ends: list[float] = []
        self._costs: list[float] = []
        self._before, self._began = 0.0, clock()
        self._epoch_began, self._counted, self._is_first = 0.0, per_epoch, True

    @property
    def ends(self) -> Sequence[float]:
        """The planned steps done at the end of each epoch, the running one included."""
        return self._ends

    @property
    def finished(self) -> bool:
        """Whether the plan has been run to its end."""
        return bool(self._ends) and self._ends[-1] >= self.steps

    @property
    def spent(self) -> float:
        """Seconds of this run, over all its attempts."""
        return self._before + self._clock() - self._began

    @property
    def expected(self) -> int:
        """How many epochs the run will have had in all, as far as can be told."""
        if self.finished:
            return len(self._ends)
        return len(self._ends) + self._left(self._ends[-1] if self._ends else 0.0)

    def begin_epoch(self) -> None:
        """Decide how far the next epoch goes."""
        done = self._ends[-1] if self._ends else 0.0
        self._ends.append(done + (self.steps - done) / self._left(done))
        self._epoch_began, self._counted = self.spent, self._per_epoch

    def end_epoch(self) -> None:
        """Note what the epoch has cost, validation and all."""
        self._costs.append((self.spent - self._epoch_began) * self._per_epoch / self._counted)
        self._is_first = False

    def begin_step(self, index: int) -> int:
        """Return the planned step of a step of the running epoch, which begins now.

        An attempt's first step compiles the network, which no later epoch pays for again.
        """
        if self._is_first and index == 1:
            self._epoch_began, self._counted = self.spent, self._per_epoch - 1
        return self.planned_step(index)

    def planned_step(self, index: int) -> int:
        """Return the planned step of a step of the running epoch."""
        end = self._ends[-1]
        start = self._ends[-2] if len(self._ends) > 1 else 0.0
        return int(start + (end - start) * index / self._per_epoch)

    def _left(self, done: float) -> int:
        """Return how many epochs the rest of the plan is spread over, at least 1."""
        if not self._seconds or not self._costs:
            return max(1, round((self.steps - done) / self._per_epoch))
        recent = self._costs[-RECENT:]
        return max(1, int((self._seconds - self.spent) * len(recent) / max(sum(recent), 1e-9)))

    def state(self) -> dict[str, np.ndarray]:
        """Return what a later attempt begins with; nothing where epochs are counted."""
        if not self._seconds:
            return {}
        return {
            "pace/ends": np.array(self._ends),
            "pace/costs": np.array(self._costs),
            "pace/spent": np.array(self.spent),
        }

    def restore(self, state: Mapping[str, np.ndarray], epochs: int) -> None:
        """Go on after so many epochs."""
        if not self._seconds:
            self._ends = [float(n * self._per_epoch) for n in range(1, epochs + 1)]
            return
        self._ends, self._costs = state["pace/ends"].tolist(), state["pace/costs"].tolist()
        self._before = float(state["pace/spent"])
