"""Taylor pruning: filters whose removal changes the loss least. arXiv:1906.10771."""

from dataclasses import dataclass

import numpy as np

from core.networks.groups.unit_groups import UnitGroups
from core.networks.network import Weights
from core.networks.topology import CHANNEL_LAYERS
from core.pruning.gradients import batch_gradients
from core.pruning.groups.context import GraphContext, scores_like
from core.pruning.method import Method, PruningContext, Scores
from core.settings import Settings, setting


@dataclass(frozen=True)
class Taylor(Settings):
    """First-order effect of a filter on the loss. Molchanov et al. 2019, arXiv:1906.10771.

    Adapted: the paper removes a few filters every few batches while it trains and judges a filter
    where batch normalisation follows it; here filters go in rounds, judged by kernel and bias.
    """

    images: int = setting(2048, low=1, high=1_000_000, help="Training images the effect is seen on")
    batch_size: int = setting(
        64, low=1, high=4096, help="Images over which a gradient is averaged before squaring"
    )


def scores(context: PruningContext, settings: Taylor) -> Scores:
    """Return layer -> (filters,) mean over batches of (Σ g·w)², the sum over a filter's weights."""
    effects = [
        _effects(context.weights, gradient)
        for gradient, _ in batch_gradients(
            context.weights, context.data.train, settings.images, settings.batch_size, context.seed
        )
    ]
    return {layer: np.mean([e[layer] for e in effects], axis=0) for layer in CHANNEL_LAYERS}


def _effects(weights: Weights, gradient: Weights) -> Scores:
    return {layer: filter_effect(weights, gradient, layer) for layer in CHANNEL_LAYERS}


def filter_effect(weights: Weights, gradient: Weights, layer: str) -> np.ndarray:
    """Return (filters,) squared first-order change of the loss when the filter becomes zero."""
    kernel = weights[f"{layer}/kernel"].astype(np.float64) * gradient[f"{layer}/kernel"]
    bias = weights[f"{layer}/bias"].astype(np.float64) * gradient[f"{layer}/bias"]
    change = kernel.reshape(-1, kernel.shape[-1]).sum(axis=0) + bias
    return np.asarray(np.square(change))


def unit_scores(context: GraphContext, settings: Taylor) -> Scores:
    """Return group -> (units,) mean over batches of (Σ g·w)², the sum over all that make a unit."""
    effects = [
        np.square(unit_sums(context.groups, context.weights, gradient))
        for gradient, _ in context.gradients(settings.images, settings.batch_size)
    ]
    mean = np.mean(effects, axis=0)
    return scores_like(context.groups, lambda group: mean[group.units])


def unit_sums(groups: UnitGroups, weights: Weights, gradient: Weights) -> np.ndarray:
    """Return (all units,) sums of g·w over the kernels and biases that make each unit."""
    totals = np.zeros(groups.count)
    for axis in groups.axes:
        if axis.role == "makes":
            product = weights[axis.parameter].astype(np.float64) * gradient[axis.parameter]
            others = tuple(number for number in range(product.ndim) if number != axis.axis)
            np.add.at(totals, axis.units, product.sum(axis=others))
    return totals


METHOD = Method(
    name="taylor",
    label="Taylor",
    paper="Molchanov et al. 2019, Importance estimation for neural network pruning, "
    "arXiv:1906.10771",
    structured=True,
    settings=Taylor,
    doc="Removes the filters whose absence changes the loss least, to first order.",
    scores=scores,
    unit_scores=unit_scores,
    needs_data=True,
    formula=r"s_j = \Big( \sum_{w \in F_j} g_w w \Big)^2",
    paper_recipe={"allocation": "raw", "schedule": "iterative"},
    palette=7,
)
