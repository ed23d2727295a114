"""What pruning returns, and how its parts travel through a checkpoint."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.evaluation.cost import sparsity
from core.networks.compact import Kept
from core.networks.network import Weights
from core.pruning.masks.mask import Mask
from core.pruning.plan import PrunePlan
from core.training.history import TrainingHistory

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Pruned:
    """A pruned network in the full layout; every entry outside the mask is exactly 0.0.

    kept, small: structured methods only: layer -> kept channels, and the physically small weights.
    history: one row for each retraining epoch. epochs: spent in all, sparse training included.
    """

    weights: Weights
    mask: Mask
    kept: Kept | None
    small: Weights | None
    history: TrainingHistory
    epochs: float
    notes: tuple[str, ...]
    plan: PrunePlan

    @property
    def sparsity(self) -> float:
        """Zeros over all parameters, of the weights as they are."""
        return sparsity(self.weights)


def packed(**groups: Mapping[str, np.ndarray]) -> Arrays:
    """Return one flat dictionary of several groups of arrays."""
    return {f"{g}:{name}": value for g, arrays in groups.items() for name, value in arrays.items()}


def unpacked(arrays: Mapping[str, np.ndarray], group: str) -> Arrays:
    """Return one group of what `packed` made flat."""
    prefix = f"{group}:"
    return {name[len(prefix) :]: v for name, v in arrays.items() if name.startswith(prefix)}


def notes_array(notes: tuple[str, ...]) -> np.ndarray:
    """Return sentences as one array, as checkpoints hold nothing else."""
    return np.array(json.dumps(list(notes)))


def notes_of(array: np.ndarray) -> tuple[str, ...]:
    """Return the sentences of `notes_array`."""
    return tuple(json.loads(str(array)))
