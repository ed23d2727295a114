"""How long one image takes, without the channels that pruning left dead."""

import numpy as np

from core.evaluation.cost import latency_seconds
from core.networks.compact import Kept, compact
from core.networks.network import NetworkShape, Weights
from core.networks.topology import CHANNEL_LAYERS, useful_units

BATCH = 100  # large enough to measure arithmetic and not the call, small enough to stay in cache
REPEATS = 7


def alive(weights: Weights) -> Kept:
    """Return the units per layer that say something and are read; at least one per layer."""
    kept = {}
    for layer in CHANNEL_LAYERS:
        useful = np.flatnonzero(useful_units(weights, layer))
        kept[layer] = useful if len(useful) else np.array([0])
    return kept


def seconds_per_image(weights: Weights, shape: NetworkShape, images: np.ndarray) -> float:
    """Return the median time per image, asked in batches of BATCH on this machine.

    Zeros inside a living channel cost as much as other numbers: only whole channels save time.
    """
    from core.networks.forward import predict_logits

    small, few = compact(weights, alive(weights)), images[:BATCH]
    return latency_seconds(lambda: predict_logits(small, few, BATCH), REPEATS) / len(few)
