"""Which sparsity leaves a network a given share of its multiply-adds, when whole units go."""

from dataclasses import replace

from core.networks.network import Weights
from core.networks.prepare import NetworkData
from core.progress import Silent
from core.pruning.graphs.prune_network import prune_network
from core.pruning.plan import PrunePlan

STEPS = 16  # halvings: to a hundredth of a percent of the parameters
LOWEST, HIGHEST = 0.0, 0.99


def sparsity_for(
    data: NetworkData, weights: Weights, plan: PrunePlan, level: float, seed: int = 0
) -> float:
    """Return the least sparsity at which at least `level` of the multiply-adds is gone."""
    whole, low, high = data.network.multiply_adds, LOWEST, HIGHEST
    for _ in range(STEPS):
        middle = (low + high) / 2
        is_enough = multiply_adds(data, weights, plan, middle, seed) <= (1 - level) * whole
        low, high = (low, middle) if is_enough else (middle, high)
    return high


def multiply_adds(
    data: NetworkData, weights: Weights, plan: PrunePlan, sparsity: float, seed: int = 0
) -> int:
    """Return the multiply-adds of the network cut as planned, before any training."""
    cut = replace(plan, sparsity=sparsity, epochs=0)
    small = prune_network(weights, data, cut, seed, Silent()).small
    assert small is not None
    return small[0].multiply_adds
