"""What is kept and what is removed, to one weight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.errors import SettingsError
from core.networks.network import Weights
from core.pruning.method import Scores

SAMPLED = 2**16  # of very many values, to know about where the k-th lowest lies


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
    return keep_highest_of([values], removed)[0]


def keep_highest_of(parts: Sequence[np.ndarray], removed: int) -> list[np.ndarray]:
    """Return what `keep_highest` does of all parts, each (n,), in one row; a mask for each."""
    if removed <= 0:
        return [np.ones(len(part), dtype=bool) for part in parts]
    threshold = kth_lowest(parts, removed)
    go = removed - sum(int((part < threshold).sum()) for part in parts)  # of those equal to it
    found = []
    for part in parts:
        kept: np.ndarray = part > threshold
        ties = np.flatnonzero(part == threshold)
        kept[ties[go:]] = True
        go = max(0, go - len(ties))
        found.append(kept)
    return found


def kth_lowest(parts: Sequence[np.ndarray], k: int) -> float:
    """Return the k-th lowest of the values of all parts, each (n,); 1 <= k <= all of them.

    Of very many only those near it are sorted, without a copy of all; a sample says which.
    """
    count = sum(map(len, parts))
    sample = np.sort(np.concatenate([part[:: max(1, count // SAMPLED)] for part in parts]))
    place, margin = k / count * len(sample), SAMPLED // 100
    low, high = int(place) - margin, int(place) + margin
    if count > 2 * SAMPLED and low >= 0 and high < len(sample):
        least, most = sample[low], sample[high]
        near = np.concatenate([part[(part >= least) & (part <= most)] for part in parts])
        before = sum(int((part < least).sum()) for part in parts)
        if before < k <= before + len(near):
            return float(np.partition(near, k - before - 1)[k - before - 1])
    return float(np.partition(np.concatenate(parts), k - 1)[k - 1])


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
