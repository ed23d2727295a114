"""A short fine-tune between two cuts, for methods that prune layer by layer."""

import math
from dataclasses import replace

import numpy as np

from core.networks.network import NetworkShape, Weights
from core.networks.prepare import Prepared
from core.progress import Progress
from core.pruning.method import PruningContext
from core.randomness import derived_seed, generator
from core.training.recipe import Recipe
from core.training.train import train

RECIPE = Recipe(
    epochs=1,
    batch_size=64,
    learning_rate=5e-4,
    schedule="one_cycle",
    flips=True,
    crop=2,
    dropout_first=0.05,
    dropout_second=0.05,
    dropout_dense=0.1,
    choose="last",
)


def affordable(epochs: float, times: int, budget: int) -> float:
    """Return how many epochs each of `times` fine-tunes gets.

    All of them together take whole epochs, so that the training after them can have all the others,
    and at most half of the budget.
    """
    return min(math.ceil(epochs * times - 1e-9), budget // 2) / times


def tune(
    weights: Weights,
    shape: NetworkShape,
    context: PruningContext,
    epochs: float,
    name: str,
    progress: Progress,
) -> Weights:
    """Return the weights after `epochs` of training; part of an epoch is part of the images.

    name: of the random streams. 0 epochs return the weights as they are.
    """
    if epochs <= 0:
        return weights
    passes = math.ceil(epochs)
    data = _part(context.data, epochs / passes, context.seed, name)
    seed = derived_seed(context.seed, "tune", name)
    return train(weights, shape, data, replace(RECIPE, epochs=passes), seed, progress).weights


def _part(data: Prepared, share: float, seed: int, name: str) -> Prepared:
    count = max(1, round(share * len(data.train)))
    if count == len(data.train):
        return data
    rows = generator(seed, "tune", name, "images").permutation(len(data.train))[:count]
    return replace(data, train=data.train.take(np.sort(rows)))
