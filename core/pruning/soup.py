"""The mean of several finished networks that share a mask: as sparse as each, and often better.

Source: Zimmer et al. 2023, Sparse model soups, arXiv:2306.16788; Choi et al. 2023, SWAMP,
arXiv:2305.14852. The networks have to come from one pruned checkpoint, trained on in different
orders of the images: what they have in common is why their mean is a network and not noise.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from core.errors import WeightsError
from core.networks.network import Weights

Masks = Mapping[str, np.ndarray]


def soup(networks: Sequence[Weights], mask: Masks) -> Weights:
    """Return the mean of the networks' parameters, exactly zero where the mask removes.

    mask: parameter name -> 0/1 array; parameters left out are kept. Normalization that was folded
    into the weights is averaged with them; networks that keep theirs need
    `core.training.network_statistics.with_statistics` next.
    Raises WeightsError for networks of other shapes, and for weights outside of the mask.
    """
    if not networks:
        raise WeightsError("A mean needs networks, but none was given. Name at least one.")
    for number, weights in enumerate(networks, start=1):
        _check(weights, networks[0], mask, f"Network {number}")
    return {name: _mean([each[name] for each in networks]) for name in networks[0]}


def _mean(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.asarray(np.mean(arrays, axis=0, dtype=np.float64), np.float32)


def _check(weights: Weights, first: Weights, mask: Masks, which: str) -> None:
    if {n: a.shape for n, a in weights.items()} != {n: a.shape for n, a in first.items()}:
        raise WeightsError(
            f"{which} has other layers than the first. Average runs of one architecture."
        )
    outside = [name for name, kept in mask.items() if np.any(weights[name][np.asarray(kept) == 0])]
    if outside:
        raise WeightsError(
            f"{which} has weights in {', '.join(outside)} where the mask has none, so the mean "
            "would be less sparse. Average runs that share their mask."
        )
