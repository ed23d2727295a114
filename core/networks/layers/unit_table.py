"""Units (channels, neurons) as numbers, and which of them can only go together.

Every entry along the last axis of every tensor carries the number of the unit it comes from.
Source: Fang et al. 2023, DepGraph: Towards Any Structural Pruning, arXiv:2301.12900.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Role = Literal["makes", "carries", "reads"]


@dataclass(frozen=True)
class Axis:
    """One axis of a parameter that is cut with units.

    part: of the layer, as "kernel". units: the unit of each index along the axis. role: the
    parameter makes these units, carries them from the layer's input to its output, or reads them.
    """

    part: str
    axis: int
    units: np.ndarray
    role: Role


@dataclass(frozen=True)
class Flow:
    """What a layer does with units: those along its output's last axis, and its own axes."""

    units: np.ndarray
    axes: tuple[Axis, ...] = ()


class UnitTable:
    """A union-find over unit numbers; a class of tied units is known by its first number."""

    def __init__(self) -> None:
        self.roots = np.zeros(0, np.int64)
        self._reasons: dict[int, str] = {}

    def make(self, count: int) -> np.ndarray:
        """Return the numbers of `count` new units."""
        first = len(self.roots)
        new = np.arange(first, first + count)
        self.roots = np.concatenate([self.roots, new])
        return new

    def tie(self, one: np.ndarray, other: np.ndarray) -> None:
        """Tie units pairwise: each pair is kept or goes together."""
        pairs = np.unique(np.stack([self.roots[one], self.roots[other]], axis=1), axis=0)
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        renamed = np.arange(len(self.roots))
        if len(np.unique(pairs)) == pairs.size:  # no unit twice: all pairs at once
            renamed[pairs.max(axis=1)] = pairs.min(axis=1)
        else:
            for first, second in pairs:
                low, high = sorted((_root(renamed, first), _root(renamed, second)))
                renamed[high] = low
            for _ in range(len(renamed).bit_length()):  # each round halves the longest chain
                renamed = renamed[renamed]
        self.roots = renamed[self.roots]

    def freeze(self, units: np.ndarray, reason: str) -> None:
        """Keep these units, and all that are tied to them, for a reason."""
        for unit in np.unique(units):
            self._reasons[int(unit)] = reason

    def reasons(self) -> dict[int, str]:
        """Return root -> the last reason that was given for keeping its units."""
        return {int(self.roots[unit]): reason for unit, reason in self._reasons.items()}


def _root(renamed: np.ndarray, unit: int) -> int:
    while renamed[unit] != unit:
        unit = int(renamed[unit])
    return int(unit)
