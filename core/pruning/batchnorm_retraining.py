"""Retraining with temporary batch normalisation that starts as the very network it is given.

gamma and beta are set from the data so that nothing changes at first; at the end normalisation is
folded away, so the file has the plain architecture. Masked units stay exactly 0.0 throughout,
because gamma and beta are masked with the unit's bias.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.networks.network import Weights
from core.networks.topology import CHANNEL_LAYERS
from core.pruning.activations import pre_activation_statistics
from core.training.architecture import Architecture
from core.training.temporary_batchnorm import BATCHNORM, EPSILON

IMAGES = 2000  # enough for means and variances of every channel to a percent


def temporary_batchnorm(images: np.ndarray) -> Architecture:
    """Return an architecture with batch normalisation that starts as plain weights on `images`."""

    # From all over the set: folders of classes are stored one after the other.
    rows = np.linspace(0, len(images) - 1, min(IMAGES, len(images))).astype(int)

    def load(weights: Weights) -> dict[str, np.ndarray]:
        statistics = pre_activation_statistics(weights, images[rows])
        values = {name: array for name, array in weights.items() if name.endswith("kernel")}
        values["dense2/bias"] = weights["dense2/bias"]
        for layer, (mean, variance) in statistics.items():
            values |= _neutral(layer, weights[f"{layer}/bias"], mean, variance)
        return values

    return replace(BATCHNORM, load=load)


def _neutral(
    layer: str, bias: np.ndarray, mean: np.ndarray, variance: np.ndarray
) -> dict[str, np.ndarray]:
    norm = {
        "gamma": np.sqrt(variance + EPSILON),
        "beta": bias + mean,
        "moving_mean": mean,
        "moving_variance": variance,
    }
    return {f"{layer}_norm/{part}": value.astype(np.float32) for part, value in norm.items()}


def batchnorm_mask(mask: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return a mask of plain parameters as one of the batch-normalised network's variables."""
    found = {name: mask[name] for name in mask if name.endswith("kernel") or name == "dense2/bias"}
    for layer in CHANNEL_LAYERS:
        for part in ("gamma", "beta"):
            found[f"{layer}_norm/{part}"] = mask[f"{layer}/bias"]
    return found


def plain_mask(mask: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the plain parameters' mask that `batchnorm_mask` translated."""
    found = {name: mask[name] for name in mask if name.endswith("kernel") or name == "dense2/bias"}
    return found | {f"{layer}/bias": mask[f"{layer}_norm/beta"] for layer in CHANNEL_LAYERS}
