"""How much where: every allocation makes the scores of different layers comparable.

One exact cut over all layers then gives the mask (`mask.cut`) or the channel counts
(`channels.py`), so that the target is met to one unit whatever the allocation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import SettingsError
from core.networks.network import Shaped, Weights
from core.pruning.method import Scores

# Layer name -> (sparsities, drops in accuracy) from the sensitivity analysis, both ascending.
Sensitivity = Mapping[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Layered:
    """Scores of whole layers: layer -> (entries,) float64, and what the allocations look at.

    spread: layer -> standard deviation of the weights that are left. shape: of the network. In
    networks other than the reference, every kernel stands for itself.
    """

    scores: dict[str, np.ndarray]
    spread: dict[str, float]
    shape: Shaped
    sensitivity: Sensitivity | None = None


def ranks(scores: np.ndarray) -> np.ndarray:
    """Return each entry's place from the top, 0 for the highest; ties: a lower index is lower."""
    order = np.argsort(scores, kind="stable")
    places = np.empty(len(scores), dtype=np.int64)
    places[order] = np.arange(len(scores))[::-1]
    return places


def by_rank(scores: np.ndarray, weight: float) -> np.ndarray:
    """Return comparable scores that keep a density proportional to `weight` in every layer.

    An entry goes when the density falls below its place from the top, so a layer whose share
    would exceed 1 is kept whole and the others carry the rest.
    """
    return -(ranks(scores) + 0.5) / (len(scores) * weight)


def uniform(layered: Layered) -> dict[str, np.ndarray]:
    """Remove the same share of every layer."""
    return {layer: by_rank(value, 1.0) for layer, value in layered.scores.items()}


def global_(layered: Layered) -> dict[str, np.ndarray]:
    """One threshold over all layers, on the raw scores. Blalock et al. 2020, arXiv:2003.03033."""
    return layered.scores


def layer_threshold(layered: Layered) -> dict[str, np.ndarray]:
    """Cut each layer at quality x the deviation of the weights that it has left.

    Weights cut before do not count: they would lower the threshold of a sparse layer.
    Dividing by the deviation makes the common quality one threshold over all layers.
    Source: Han et al. 2015, arXiv:1506.02626, section 4.
    """
    return {
        layer: value / max(layered.spread[layer], 1e-12) for layer, value in layered.scores.items()
    }


def erk(layered: Layered) -> dict[str, np.ndarray]:
    """Density in proportion to the sum over the product of a kernel's sides.

    Source: Evci et al. 2020 (RigL), arXiv:1911.11134 (Erdos-Renyi kernel).
    """
    shapes = layered.shape.parameter_shapes()
    sides = {
        layer: np.array(shapes[layer if layer in shapes else f"{layer}/kernel"])
        for layer in layered.scores
    }
    return {
        layer: by_rank(value, float(sides[layer].sum() / sides[layer].prod()))
        for layer, value in layered.scores.items()
    }


def lamp(layered: Layered) -> dict[str, np.ndarray]:
    """Score squared over the sum of the squares in its layer that are not smaller.

    Source: Lee et al. 2021 (LAMP), arXiv:2010.07611.
    """
    return {layer: _lamp(value) for layer, value in layered.scores.items()}


def _lamp(scores: np.ndarray) -> np.ndarray:
    order = np.argsort(scores, kind="stable")
    squares = np.square(scores[order])
    not_smaller = np.cumsum(squares[::-1])[::-1]
    result = np.empty(len(scores))
    result[order] = squares / np.maximum(not_smaller, np.finfo(float).tiny)
    return result


def sensitivity(layered: Layered) -> dict[str, np.ndarray]:
    """Every layer is pruned until it alone would cost the same accuracy.

    Raises SettingsError without the sensitivity analysis that it needs.
    """
    if layered.sensitivity is None:
        raise SettingsError(
            "The sensitivity allocation needs the sensitivity analysis of this network. "
            "Run it first, or choose another allocation."
        )
    return {
        layer: _by_drop(value, *layered.sensitivity[layer])
        for layer, value in layered.scores.items()
    }


def _by_drop(scores: np.ndarray, sparsities: np.ndarray, drops: np.ndarray) -> np.ndarray:
    goes_at = 1 - (ranks(scores) + 0.5) / len(scores)
    never_falling = np.maximum.accumulate(drops)
    # The small slope keeps the order inside a stretch that costs nothing.
    return np.interp(goes_at, sparsities, never_falling) + 1e-6 * goes_at


Allocation = Callable[[Layered], dict[str, np.ndarray]]


def by_name(*allocations: Allocation) -> dict[str, Allocation]:
    """Return a registry under the functions' own names ("global" is a word of Python's)."""
    return {allocation.__name__.rstrip("_"): allocation for allocation in allocations}


ALLOCATIONS = by_name(lamp, erk, global_, layer_threshold, uniform, sensitivity)


def comparable(
    scores: Scores,
    weights: Weights,
    shape: Shaped,
    allocation: str,
    sensitivity: Sensitivity | None = None,
    *,
    by_parameter: bool = False,
) -> Scores:
    """Return unstructured scores made comparable between layers, kernel and bias together.

    scores: parameter name -> array shaped like the parameter, higher is kept, not negative for
    lamp. by_parameter: compare parameters, not layers. Raises SettingsError for an unknown
    allocation.
    """
    if allocation not in ALLOCATIONS:
        raise SettingsError(
            f"There is no allocation {allocation!r}. Choose one of: {', '.join(ALLOCATIONS)}."
        )
    owner = str if by_parameter else _layer
    layered = Layered(
        _joined(scores, owner),
        {layer: _spread(_flat(weights, names)) for layer, names in _owned(weights, owner).items()},
        shape,
        sensitivity,
    )
    return _parted(ALLOCATIONS[allocation](layered), scores, owner)


def _layer(parameter: str) -> str:
    return parameter.split("/")[0]


def _spread(values: np.ndarray) -> float:
    left = values[values != 0]
    return float(left.std()) if len(left) else 0.0


def _joined(arrays: Scores, owner: Callable[[str], str]) -> dict[str, np.ndarray]:
    return {layer: _flat(arrays, names) for layer, names in _owned(arrays, owner).items()}


def _owned(arrays: Scores, owner: Callable[[str], str]) -> dict[str, list[str]]:
    """Return layer -> its parameters, in order."""
    layers: dict[str, list[str]] = {}
    for name in arrays:
        layers.setdefault(owner(name), []).append(name)
    return layers


def _flat(arrays: Scores, names: list[str]) -> np.ndarray:
    """Return parameters as one row of float64, a copy: of 25 million entries every copy counts."""
    parts = [np.ravel(arrays[name]).astype(np.float64) for name in names]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _parted(layers: Mapping[str, np.ndarray], like: Scores, owner: Callable[[str], str]) -> Scores:
    parted, used = {}, dict.fromkeys(layers, 0)
    for name, value in like.items():
        layer = owner(name)
        start = used[layer]
        parted[name] = layers[layer][start : start + value.size].reshape(value.shape)
        used[layer] = start + value.size
    return parted
