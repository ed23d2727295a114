"""Pruning any network at once, without training: smallest weights, or weakest units of groups."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import SettingsError, WeightsError
from core.evaluation.cost import zeros
from core.networks.graph import Network
from core.networks.groups.choice import keep_best, l1_scores
from core.networks.groups.compaction import compact, masked
from core.networks.groups.unit_groups import Kept, unit_groups
from core.networks.network import Weights
from core.text import exact_percent, rounded_down_percent

HALVINGS = 12  # of the share of units: 1/4,096


@dataclass(frozen=True)
class Cut:
    """A network whose units were chosen: which stay, and the network in both forms."""

    kept: Kept
    full: Weights
    network: Network
    small: Weights


def smallest_weights(
    network: Network, weights: Mapping[str, np.ndarray], sparsity: float
) -> Weights:
    """Return the weights with zeros in place of the smallest entries of all kernels.

    sparsity: zeros over all parameters afterwards, exactly (rounded to one entry). Raises
    SettingsError for a share that cannot be reached. Source: Han et al. 2015, arXiv:1506.02626.
    """
    _check_share(sparsity)
    kernels = list(network.kernel_uses)
    others = zeros({name: weights[name] for name in weights if name not in network.kernel_uses})
    count = round(sparsity * network.parameters) - others
    sizes = np.concatenate([np.abs(weights[name]).reshape(-1) for name in kernels])
    if count > len(sizes):
        highest = rounded_down_percent((len(sizes) + others) / network.parameters, 4)
        raise SettingsError(
            f"A sparsity of {exact_percent(sparsity)} cannot be reached: {len(sizes):,} of "
            f"{network.parameters:,} parameters are in kernels. Choose at most {highest}."
        )
    if count <= 0:
        return dict(weights)
    threshold = np.partition(sizes, count - 1)[count - 1]
    ties = count - int(np.count_nonzero(sizes < threshold))
    pruned = dict(weights)
    for name in kernels:
        array = pruned[name].copy()
        flat, size = array.reshape(-1), np.abs(array).reshape(-1)
        equal = np.flatnonzero(size == threshold)[:ties]
        ties -= len(equal)
        flat[size < threshold] = 0
        flat[equal] = 0
        pruned[name] = array
    return pruned


def _check_share(sparsity: float) -> None:
    if not 0 <= sparsity < 1:
        raise SettingsError(f"The sparsity is {sparsity}; it has to be in [0, 1).")


def weakest_units(network: Network, weights: Mapping[str, np.ndarray], removed: float) -> Cut:
    """Return the network without a share of the weakest units of every free group.

    removed: in [0, 1). A unit's strength is the L1 norm over all that make it. Raises
    WeightsError if no units of the network may be removed.
    """
    groups = unit_groups(network)
    if not groups.free:
        raise WeightsError("No units of this network can be removed: " + _reasons(network))
    kept = keep_best(groups, l1_scores(groups, weights), removed)
    small, arrays = compact(groups, weights, kept)
    return Cut(kept, masked(groups, weights, kept), small, arrays)


def _reasons(network: Network) -> str:
    return "; ".join(group.about for group in unit_groups(network).groups[:5]) + "."


def units_for_sparsity(network: Network, weights: Mapping[str, np.ndarray], sparsity: float) -> Cut:
    """Return the network with as few units removed as leave at most 1 - sparsity of parameters.

    Raises SettingsError for no share, or if even one unit of each group leaves more.
    """
    _check_share(sparsity)
    allowed = math.floor((1 - sparsity) * network.parameters)
    low, high = 0.0, 1 - 2**-HALVINGS
    best = weakest_units(network, weights, high)
    if best.network.parameters > allowed:
        highest = rounded_down_percent(1 - best.network.parameters / network.parameters, 4)
        raise SettingsError(
            f"A sparsity of {exact_percent(sparsity)} cannot be reached by removing units: the "
            f"smallest network keeps {best.network.parameters:,} of {network.parameters:,} "
            f"parameters. Choose at most {highest}."
        )
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        cut = weakest_units(network, weights, middle)
        if cut.network.parameters > allowed:
            low = middle
        else:
            high, best = middle, cut
    return best
