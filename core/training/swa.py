"""The mean of the weights at the end of several epochs. Izmailov et al. 2018, arXiv:1803.05407."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from core.training.recipe import Recipe


def first_averaged(recipe: Recipe) -> int:
    """Return after how many planned epochs the averaging begins; at least one is averaged."""
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
