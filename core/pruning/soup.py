"""The mean of several finished networks that share a mask: as sparse as each, and often better.

Source: Zimmer et al. 2023, Sparse model soups, arXiv:2306.16788; Choi et al. 2023, SWAMP,
arXiv:2305.14852. The networks have to come from one pruned checkpoint, trained on in different
orders of the images: what they have in common is why their mean is a network and not noise.
"""

from collections.abc import Sequence

import numpy as np

from core.errors import WeightsError
from core.networks.network import Weights

NAMED = 3  # kernels that a refusal names; the rest is counted


def soup(networks: Sequence[Weights]) -> Weights:
    """Return the mean of the networks' parameters, exactly zero where all of them are.

    Zeros of kernels, which have more than one axis, have to be the same in all; those of a bias
    may be chance. Normalization that was folded into the weights is averaged with them; networks
    that keep theirs need `core.training.network_statistics.with_statistics` next.
    Raises WeightsError for networks of other shapes, and for kernels with other zeros.
    """
    if not networks:
        raise WeightsError("A mean needs networks, but none was given. Name at least one.")
    for number, weights in enumerate(networks, start=1):
        _check(weights, networks[0], f"Network {number}")
    return {name: _mean([each[name] for each in networks]) for name in networks[0]}


def _mean(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.asarray(np.mean(arrays, axis=0, dtype=np.float64), np.float32)


def _check(weights: Weights, first: Weights, which: str) -> None:
    if {n: a.shape for n, a in weights.items()} != {n: a.shape for n, a in first.items()}:
        raise WeightsError(
            f"{which} has other layers than the first. Average runs of one architecture."
        )
    other = [name for name, array in weights.items() if _differ(array, first[name])]
    if other:
        more = f" and {len(other) - NAMED} more" if len(other) > NAMED else ""
        raise WeightsError(
            f"{which} has other zeros than the first in {', '.join(other[:NAMED])}{more}, so the "
            "mean would be less sparse than one of them. Average runs that share their mask."
        )


def _differ(array: np.ndarray, first: np.ndarray) -> bool:
    return array.ndim > 1 and not np.array_equal(array == 0, first == 0)
