"""What pruning any network returns."""

from dataclasses import dataclass

from core.networks.graph import Network
from core.networks.network import Weights
from core.pruning.plan import PrunePlan
from core.training.history import TrainingHistory


@dataclass(frozen=True)
class PrunedNetwork:
    """A pruned network in the full layout, and the small one where units were removed.

    history: one row for each retraining epoch. epochs: spent in all, sparse training included.
    """

    weights: Weights
    small: tuple[Network, Weights] | None
    history: TrainingHistory
    epochs: float
    notes: tuple[str, ...]
    plan: PrunePlan
