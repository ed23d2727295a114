"""Filter pruning by the L1 norm. Li et al. 2016, arXiv:1608.08710."""

from dataclasses import dataclass

import numpy as np

from core.networks.groups.choice import l1_scores
from core.networks.network import Weights
from core.networks.topology import CHANNEL_LAYERS, FEEDER, readers
from core.pruning.allocation.channels import largest
from core.pruning.groups.context import GraphContext
from core.pruning.layerwise import wanted_counts
from core.pruning.masks.dead_units import channel_mask
from core.pruning.method import Budget, Method, PruningContext, Scores, Selection
from core.settings import Settings, setting


@dataclass(frozen=True)
class L1Filter(Settings):
    """Filters with the smallest sum of absolute weights go. Li et al. 2016, arXiv:1608.08710.

    Adapted: the paper sets each layer's share by hand after a sensitivity analysis and spares
    sensitive layers; its recipe here takes the same share everywhere, the common one the balanced
    widths. Units of the wide dense layer are filters as well.
    """

    scoring: str = setting(
        "independent",
        choices=("independent", "greedy"),
        help="Judge a filter by all its weights, or without the inputs already removed",
        why="Greedy is better when several layers are cut at once (section 3.3 of the paper).",
    )


def filter_norms(weights: Weights) -> Scores:
    """Return layer -> (filters,) sums of the absolute kernel weights; biases do not count."""
    return {layer: _norms(weights[f"{layer}/kernel"]) for layer in CHANNEL_LAYERS}


def greedy_norms(weights: Weights, layer: str, kept: Scores) -> np.ndarray:
    """Return the norms of one layer's filters over the inputs that are kept.

    kept: layer -> indices, at least of the layer that feeds this one.
    """
    if layer not in FEEDER:
        return _norms(weights[f"{layer}/kernel"])
    return _norms(readers(weights, FEEDER[layer])[:, kept[FEEDER[layer]], :])


def _norms(kernel: np.ndarray) -> np.ndarray:
    absolute = np.abs(kernel, dtype=np.float64)
    return np.asarray(absolute.reshape(-1, kernel.shape[-1]).sum(axis=0))


def select(context: PruningContext, settings: L1Filter, budget: Budget) -> Selection:
    """Return the filters with the largest norms, as many in each layer as the budget keeps."""
    counts = wanted_counts(budget, context.shape)
    kept: dict[str, np.ndarray] = {}
    for layer in CHANNEL_LAYERS:
        norms = _norms(context.weights[f"{layer}/kernel"])
        if settings.scoring == "greedy":
            norms = greedy_norms(context.weights, layer, kept)
        kept[layer] = largest(norms, counts[layer])
    return Selection(kept, channel_mask(kept, context.shape).apply(context.weights), 0.0)


def unit_scores(context: GraphContext, settings: L1Filter) -> Scores:
    """Return group -> (units,) norms over all layers that make a unit, as the paper's section 3.3.

    A greedy scoring would follow one chain of layers; groups of branches have none.
    """
    return l1_scores(context.groups, context.weights)


METHOD = Method(
    name="l1_filter",
    label="L1 filter",
    paper="Li et al. 2016, Pruning filters for efficient convnets, arXiv:1608.08710",
    structured=True,
    settings=L1Filter,
    doc="Removes whole filters with the smallest sum of absolute weights, and the weights that "
    "read them.",
    select=select,
    unit_scores=unit_scores,
    formula=r"s_j = \sum \lvert F_j \rvert",
    paper_recipe={"allocation": "uniform"},
    palette=1,
    assigned=True,
)
