"""Averages of a network's weights along its training: moving ones, and the mean of its last epochs.

Weights under two masks have no useful mean, so both are taken on one mask only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.training.recipe import Recipe

if TYPE_CHECKING:
    import tensorflow as tf


class MovingAverage:
    """Copies of variables that follow them slowly; none for a decay of 0.

    Networks with another mask are forgotten: a mean of both would be neither's, and most of what
    is left of a long average would be from the time before the mask.
    """

    def __init__(self, variables: "Mapping[str, tf.Variable]", decay: float) -> None:
        import tensorflow as tf

        self._variables, self._decay = variables, decay
        followed = variables if decay else {}
        self.copies = {n: tf.Variable(v, trainable=False) for n, v in followed.items()}
        self._since = tf.Variable(0.0, trainable=False)
        self._restarts = False

    def restart(self) -> None:
        """Begin with the variables as they are; the next step is the first."""
        self._restarts = True
        for name, copy in self.copies.items():
            copy.assign(self._variables[name])

    def begin_step(self, step: int) -> None:
        """Note the step from which on the average counts, if it begins anew."""
        if self._restarts:
            self._since.assign(float(step))
        self._restarts = False

    def update(self, step: "tf.Tensor") -> None:
        """Move every copy; called inside the compiled step."""
        import tensorflow as tf

        if not self.copies:
            return
        # Short at first, so that the average does not remember the start for long.
        done = step - self._since
        decay = tf.minimum(self._decay, (1 + done) / (10 + done))
        for name, copy in self.copies.items():
            copy.assign_add((1 - decay) * (self._variables[name] - copy))

    def state(self) -> dict[str, np.ndarray]:
        """Return what a later attempt needs beside the copies."""
        return {"averaged_since": self._since.numpy()} if self.copies else {}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from `state`; checkpoints of version 0.1 have averages that began with the run."""
        self._since.assign(state.get("averaged_since", np.float32(0)))


def first_averaged(recipe: Recipe) -> int:
    """Return after how many planned epochs SWA begins; at least one is averaged.

    Source: Izmailov et al. 2018, Averaging weights leads to wider optima, arXiv:1803.05407.
    """
    return recipe.epochs - max(1, round(recipe.epochs * recipe.swa)) if recipe.swa else 0


@dataclass(frozen=True)
class RunningMean:
    """A mean of arrays that grows by one set of them at a time, in double precision."""

    count: int = 0
    values: Mapping[str, np.ndarray] = field(default_factory=dict)

    def plus(self, values: Mapping[str, np.ndarray]) -> "RunningMean":
        """Return w_SWA = (n w_SWA + w) / (n + 1), the paper's equation."""
        before = {name: self.values.get(name, 0.0) for name in values}
        mean = {n: before[n] + (v.astype(np.float64) - before[n]) / (self.count + 1)
                for n, v in values.items()}  # fmt: skip
        return RunningMean(self.count + 1, mean)

    def mean(self) -> dict[str, np.ndarray]:
        """Return the mean as it is trained, in single precision; zeros in all are zeros in it."""
        return {name: value.astype(np.float32) for name, value in self.values.items()}

    def state(self) -> dict[str, np.ndarray]:
        """Return what a later attempt begins with; nothing where nothing was averaged yet."""
        if not self.count:
            return {}
        return {"count": np.array(self.count)} | {f"mean/{n}": v for n, v in self.values.items()}

    @classmethod
    def of_state(cls, state: Mapping[str, np.ndarray]) -> "RunningMean":
        """Return the mean that `state` described."""
        values = {n.removeprefix("mean/"): v for n, v in state.items() if n.startswith("mean/")}
        return cls(int(state.get("count", 0)), values)
