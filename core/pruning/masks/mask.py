"""What is kept and what is removed, to one weight."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.errors import SettingsError
from core.networks.network import Weights
from core.pruning.method import Scores


@dataclass(frozen=True)
class Mask:
    """Which entries of every parameter stay: True (1) stays, False (0) is removed.

    arrays: parameter name -> array of 0/1 shaped like the parameter.
    Raises SettingsError for any other value.
    """

    arrays: Mapping[str, np.ndarray]

    def __post_init__(self) -> None:
        for name, array in self.arrays.items():
            if not np.isin(array, (0, 1)).all():
                raise SettingsError(f"The mask of {name} holds values other than 0 and 1.")
        kept = {name: np.array(array, dtype=bool) for name, array in self.arrays.items()}
        object.__setattr__(self, "arrays", kept)

    @cached_property
    def size(self) -> int:
        """All entries, kernels and biases."""
        return sum(array.size for array in self.arrays.values())

    @cached_property
    def zeros(self) -> int:
        """The removed entries."""
        return self.size - sum(int(array.sum()) for array in self.arrays.values())

    @property
    def sparsity(self) -> float:
        """Removed entries over all entries."""
        return self.zeros / self.size

    def apply(self, weights: Weights) -> Weights:
        """Return the weights with every removed entry exactly 0."""
        return {
            name: np.where(self.arrays[name], value, np.float32(0))
            for name, value in weights.items()
        }

    def densities(self) -> dict[str, float]:
        """Return kept / all of every layer, its kernel and bias together."""
        kept: dict[str, int] = {}
        size: dict[str, int] = {}
        for name, array in self.arrays.items():
            layer = name.split("/")[0]
            kept[layer] = kept.get(layer, 0) + int(array.sum())
            size[layer] = size.get(layer, 0) + array.size
        return {layer: kept[layer] / size[layer] for layer in size}

    def same_as(self, other: "Mask") -> bool:
        """Tell whether both masks keep the same entries."""
        return all(np.array_equal(array, other.arrays[n]) for n, array in self.arrays.items())


def check_sparsity(sparsity: float) -> float:
    """Return `sparsity` as it is.

    Raises SettingsError if it is not in [0, 1).
    """
    if not 0 <= sparsity < 1:
        raise SettingsError(
            f"The sparsity is {sparsity}; it is zeros over all parameters, "
            "so choose a number from 0 up to, not including, 1."
        )
    return sparsity


def keep_highest(values: np.ndarray, removed: int) -> np.ndarray:
    """Return which of `values` (n,) stay when exactly the `removed` lowest go.

    Among equal values the one with the lowest index goes first, so that the count is exact
    and the choice the same everywhere.
    """
    if removed <= 0:
        return np.ones(len(values), dtype=bool)
    threshold = np.partition(values, removed - 1)[removed - 1]
    kept: np.ndarray = values > threshold
    ties = np.flatnonzero(values == threshold)
    kept[ties[removed - int((values < threshold).sum()) :]] = True
    return kept


def cut(scores: Scores, sparsity: float) -> Mask:
    """Return the mask that removes the lowest scores over all parameters, exact to one entry.

    scores: parameter name -> array shaped like the parameter, comparable between layers
    (see allocation); higher is kept. Raises SettingsError if sparsity is not in [0, 1).
    """
    flat = np.concatenate([np.ravel(value) for value in scores.values()])
    if np.isnan(flat).any():
        raise SettingsError("The scores contain NaN: the network's weights are not finite.")
    kept = keep_highest(flat, round(check_sparsity(sparsity) * len(flat)))
    ends = np.cumsum([value.size for value in scores.values()])
    parts = zip(scores, np.split(kept, ends[:-1]), strict=True)
    return Mask({name: part.reshape(scores[name].shape) for name, part in parts})
