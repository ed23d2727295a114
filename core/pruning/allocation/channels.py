"""How many channels each layer keeps, so that the pruned file comes nearest to the target."""

from collections.abc import Mapping

import numpy as np

from core.errors import SettingsError
from core.networks.network import NetworkShape
from core.networks.topology import CHANNEL_LAYERS, dense_unit_parameters, parameters_of
from core.pruning.allocation.alignment import aligned
from core.pruning.allocation.scores import (
    Layered,
    Sensitivity,
    by_name,
    by_rank,
    sensitivity,
    uniform,
)
from core.pruning.masks.mask import check_sparsity
from core.text import exact_percent, rounded_down_percent

# What dense1 costs against all other layers when these begin to narrow; measured in the decision.
DENSE_COST = 0.28
HIGHEST_DIGITS = 4  # of a percentage: one parameter in a million


def balanced(layered: Layered) -> dict[str, np.ndarray]:
    """Shrink dense1 until it costs little next to all other layers, then all layers.

    Nearly all parameters sit in dense1 and nearly all accuracy in the convolutions, so equal
    sparsity with wide convolutions is the better network (docs/decisions/0006). From there on the
    cheap layers (conv1, conv2 and by then dense1) narrow as the square root of conv3 and conv4.
    """
    shape = layered.shape
    assert isinstance(shape, NetworkShape)
    a_unit = dense_unit_parameters(shape.units["conv4"], shape)
    others = parameters_of({**shape.units, "dense1": 1}, shape) - a_unit
    share = min(1.0, DENSE_COST * others / a_unit / shape.units["dense1"])
    shares = {"conv1": 1.0, "conv2": 1.0, "dense1": share}
    order = {layer: by_rank(value, 1.0) for layer, value in layered.scores.items()}
    for layer, reached in shares.items():
        order[layer] = -np.square(by_rank(layered.scores[layer], reached))
    return order


def global_(layered: Layered) -> dict[str, np.ndarray]:
    """One threshold over all channels, each layer's scores divided by their root mean square.

    After Molchanov et al. 2017, arXiv:1611.06440, section 2.2, who divide by the l2 norm: there a
    channel counts the less the more its layer has, and at 90% one unit of 512 would be left here.
    """
    return {
        layer: value / max(float(np.sqrt(np.mean(np.square(value)))), 1e-12)
        for layer, value in layered.scores.items()
    }


def raw(layered: Layered) -> dict[str, np.ndarray]:
    """One threshold over all channels' scores as they are.

    For scores that are in one unit everywhere, such as a change of the loss. Source: Molchanov et
    al. 2019, arXiv:1906.10771.
    """
    return layered.scores


CHANNEL_ALLOCATIONS = by_name(balanced, uniform, global_, raw, sensitivity)
ALIGNED = {"balanced"}  # the others are the papers', to the channel


def channel_counts(
    scores: Mapping[str, np.ndarray],
    shape: NetworkShape,
    allocation: str,
    sparsity: float,
    sensitivity: Sensitivity | None = None,
) -> dict[str, int]:
    """Return how many channels each layer keeps for the sparsity nearest to the target.

    scores: layer -> (channels,), higher is kept; every layer keeps at least one channel.
    Raises SettingsError for an unknown allocation or a target that one channel each misses.
    """
    if allocation not in CHANNEL_ALLOCATIONS:
        known = ", ".join(CHANNEL_ALLOCATIONS)
        raise SettingsError(f"There is no channel allocation {allocation!r}. Choose from: {known}.")
    doubles = {layer: np.asarray(scores[layer], dtype=np.float64) for layer in CHANNEL_LAYERS}
    order = CHANNEL_ALLOCATIONS[allocation](Layered(doubles, {}, shape, sensitivity))
    counts = counts_by_order(order, shape, sparsity)
    return aligned(counts, shape, _left(shape, sparsity)) if allocation in ALIGNED else counts


def counts_by_order(
    order: Mapping[str, np.ndarray], shape: NetworkShape, sparsity: float
) -> dict[str, int]:
    """Return the counts left when channels go from the lowest `order` up until the target.

    The last channel may come from any layer: the one that ends nearest to the target.
    """
    target = _left(shape, sparsity)
    counts = {layer: shape.units[layer] for layer in CHANNEL_LAYERS}
    check_reachable(sparsity, shape)
    values = np.concatenate([order[layer] for layer in CHANNEL_LAYERS])
    owners = np.concatenate([[layer] * len(order[layer]) for layer in CHANNEL_LAYERS])
    for owner in owners[np.argsort(values, kind="stable")]:
        fewer = _without_one(counts, str(owner))
        if parameters_of(fewer, shape) < target:
            break
        counts = fewer
    endings = [counts, *(_without_one(counts, layer) for layer in CHANNEL_LAYERS)]
    return min(endings, key=lambda ending: abs(parameters_of(ending, shape) - target))


def _left(shape: NetworkShape, sparsity: float) -> int:
    return round((1 - check_sparsity(sparsity)) * shape.parameters)


def _without_one(counts: dict[str, int], layer: str) -> dict[str, int]:
    return {**counts, layer: max(1, counts[layer] - 1)}


def check_reachable(sparsity: float, shape: NetworkShape) -> None:
    """Check that a sparsity of the network leaves one channel in each layer.

    Raises SettingsError, with the highest sparsity that does, if not.
    """
    least = parameters_of(dict.fromkeys(CHANNEL_LAYERS, 1), shape)
    if _left(shape, sparsity) < least:
        highest = rounded_down_percent(1 - least / shape.parameters, HIGHEST_DIGITS)
        raise SettingsError(
            f"A sparsity of {exact_percent(sparsity)} cannot be reached by removing whole "
            f"channels: one channel a layer leaves {least:,} of {shape.parameters:,} parameters. "
            f"Choose at most {highest}."
        )


def keep_best(scores: Mapping[str, np.ndarray], counts: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Return layer -> sorted indices of the `counts[layer]` highest scores."""
    return {layer: largest(scores[layer], counts[layer]) for layer in CHANNEL_LAYERS}


def largest(values: np.ndarray, count: int) -> np.ndarray:
    """Return the sorted indices of the `count` largest; of equal values the lower index goes."""
    order = np.argsort(values, kind="stable")
    return np.sort(order[len(values) - count :])
