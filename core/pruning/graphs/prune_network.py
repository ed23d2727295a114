"""Prune any trained network as a plan says."""

from dataclasses import replace

from core.networks.network import Weights, check_finite, check_weights
from core.networks.prepare import NetworkData
from core.progress import Phases, Progress
from core.pruning.graphs.outcome import PrunedNetwork
from core.pruning.graphs.single_weights import prune_single_weights
from core.pruning.graphs.units import prune_units
from core.pruning.plan import REFERENCE_ONLY, PrunePlan
from core.pruning.schedule import shares_of
from core.text import listed

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
    pruned = kind(dense, data, plan, seed, phases)
    return replace(pruned, notes=(*pruned.notes, *_without_effect(plan)))


def _without_effect(plan: PrunePlan) -> tuple[str, ...]:
    """Return a note of the settings that somebody chose and that only the reference network has."""
    chosen = [n for n in REFERENCE_ONLY if getattr(plan, n) != getattr(PrunePlan(), n)]
    names = listed([name.replace("_", " ") for name in chosen])
    return (f"Without effect on this network: {names} (for the reference network).",) * bool(chosen)
