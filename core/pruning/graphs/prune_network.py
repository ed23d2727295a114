"""Prune any trained network as a plan says."""

from core.networks.network import Weights, check_finite, check_weights
from core.networks.prepare import NetworkData
from core.progress import Phases, Progress
from core.pruning.graphs.outcome import PrunedNetwork
from core.pruning.graphs.single_weights import prune_single_weights
from core.pruning.graphs.units import prune_units
from core.pruning.plan import PrunePlan
from core.pruning.schedule import shares_of

__all__ = ["PrunedNetwork", "prune_network"]


def prune_network(
    dense: Weights, data: NetworkData, plan: PrunePlan, seed: int, progress: Progress
) -> PrunedNetwork:
    """Return `dense` pruned, retrained and put back into the full layout of the data's network.

    Single weights meet the target to one; units come as near as one unit allows. A stopped run
    continues bit-exactly from `progress`. Raises WeightsError if the weights do not fit the
    network or are not finite, SettingsError for a target that cannot be reached.
    """
    check_weights(dense, data.network)
    check_finite(dense)
    phases = Phases(progress, shares_of(plan))
    kind = prune_units if plan.rule.structured else prune_single_weights
    return kind(dense, data, plan, seed, phases)
