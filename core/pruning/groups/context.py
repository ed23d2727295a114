"""What a method may look at in any network, what it has to reach, and what it answers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.networks.graph import Network
from core.networks.groups.unit_groups import Kept, UnitGroup, UnitGroups, unit_groups
from core.networks.network import Weights
from core.networks.prepare import NetworkData
from core.progress import Progress
from core.randomness import generator

Scores = dict[str, np.ndarray]


@dataclass(frozen=True)
class GraphContext:
    """A network with its weights, the data, the seed, and where a method reports.

    dense: the weights before any cut, where `weights` have changed since. sensitivity:
    group -> (shares, drops in accuracy), where the allocation asks for it.
    """

    network: Network
    weights: Weights
    data: NetworkData
    seed: int
    progress: Progress
    dense: Weights | None = None
    sensitivity: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None

    @property
    def groups(self) -> UnitGroups:
        """The network's unit groups."""
        return unit_groups(self.network)

    def gradients(self, images: int, batch: int) -> Iterator[tuple[Weights, int]]:
        """Yield the gradient of one batch's mean loss after another, and its images."""
        from core.networks.inference import trained_by

        split = self.data.train
        rows = generator(self.seed, "gradient images").permutation(len(split))[:images]
        gradient = trained_by(self.network, self.weights)
        for start in range(0, len(rows), batch):
            part = split.take(np.sort(rows[start : start + batch]))
            yield gradient(part.as_float(), part.labels.astype(np.int32)), len(part)


@dataclass(frozen=True)
class UnitBudget:
    """What a selecting method has to reach, and with how much training.

    counts: units to keep of each free group. choose: scores of groups -> which units stay: the
    highest, `counts` of them, or of all groups together where the plan leaves that to the method.
    epochs: all epochs, sparse training included. sparsity: of the whole file.
    """

    counts: Mapping[str, int]
    choose: Callable[[Scores], Kept]
    epochs: int
    sparsity: float


@dataclass(frozen=True)
class UnitSelection:
    """What a selecting method answers.

    kept: group -> (units,) bool, of the free groups. weights: of the whole network, perhaps
    reconstructed. epochs_used: training that this took out of the budget.
    """

    kept: Kept
    weights: Weights
    epochs_used: float = 0.0
    notes: tuple[str, ...] = ()


def is_inner(groups: UnitGroups, group: UnitGroup) -> bool:
    """Tell whether one layer makes the units and every other reads them: no sum of branches."""
    return group.is_free and len(group.makers) == 1 and bool(group.readers)


def scores_like(groups: UnitGroups, value: Any) -> Scores:
    """Return group -> (units,) values, `value(group)` of every free group."""
    return {group.name: value(group) for group in groups.free}
