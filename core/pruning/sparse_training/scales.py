"""Training that drives scales of channels to zero, and the global cut by what is left of them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.errors import SettingsError
from core.networks.network import NetworkShape, Weights
from core.pruning.allocation.channels import counts_by_order, keep_best
from core.pruning.fine_tune import RECIPE
from core.pruning.masks.dead_units import channel_mask
from core.pruning.method import Budget, Selection
from core.training.recipe import Recipe


def sparse_epochs(share: float, epochs: int, label: str) -> int:
    """Return how many of the budget's `epochs` train sparsely: its share, one at least.

    Raises SettingsError if there is no epoch to train: scales that never trained say nothing.
    """
    if epochs < 1:
        raise SettingsError(
            f"{label} learns which channels matter by training. Give it at least one epoch, "
            "or choose a method that needs none, such as thinet."
        )
    return min(epochs, max(1, round(share * epochs)))


def sparse_recipe(epochs: int, learning_rate: float, batch_size: int) -> Recipe:
    """Return stochastic gradient descent as in both papers, with this product's augmentation.

    The last epoch counts, not the best one: it is the one with the sparse scales. Dropout is low,
    as the penalty regularises already.
    """
    return replace(
        RECIPE,
        epochs=epochs,
        batch_size=batch_size,
        optimizer="sgd",
        learning_rate=learning_rate,
        schedule="cosine",
    )


def cut_by_scales(
    scales: Mapping[str, np.ndarray],
    folded: Weights,
    shape: NetworkShape,
    budget: Budget,
    epochs: int,
    notes: tuple[str, ...] = (),
) -> Selection:
    """Return the selection of the largest scales over all layers, nearest to the target sparsity.

    scales: layer -> (channels,), not negative, one threshold for all layers; an allocation in the
    budget overrules it. folded: plain weights with the scales inside.
    """
    doubles = {layer: np.abs(value).astype(np.float64) for layer, value in scales.items()}
    counts = budget.kept or counts_by_order(doubles, shape, budget.sparsity)
    kept = keep_best(doubles, counts)
    return Selection(kept, channel_mask(kept, shape).apply(folded), float(epochs), notes)
