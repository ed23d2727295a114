"""Removed weights with the largest gradients come back while a gradual schedule goes on.

Source: Liu et al. 2021 (GraNet), arXiv:2106.10404, whose criterion is that of RigL (Evci et al.
2020, arXiv:1911.11134); RigL keeps its sparsity constant and is another method.
Adapted: the regrown share falls linearly to 0 at the ramp's end, not as a cosine, and all layers
grow by the same factor, so that the allocation stays.
"""

import numpy as np

from core.networks.network import LAYERS, Weights
from core.networks.prepare import Prepared
from core.pruning.gradients import batch_gradients
from core.pruning.masks.mask import Mask, keep_highest

IMAGES = 512


def regrow(mask: Mask, weights: Weights, sparsity: float, data: Prepared, seed: int) -> Mask:
    """Return the mask grown to `sparsity` by the removed kernel weights of largest |gradient|.

    Every layer grows by the same factor, so the allocation of `mask` stays. Regrown weights start
    at 0, and biases do not regrow. weights: current values. seed: of the images looked at.
    """
    pruned = mask.apply(weights)
    gradient, _ = next(batch_gradients(pruned, data.train, IMAGES, IMAGES, seed))
    budget = mask.zeros - round(sparsity * mask.size)
    arrays = {name: array.copy() for name, array in mask.arrays.items()}
    for layer, grown in zip(LAYERS, _shares(mask, budget), strict=True):
        name = f"{layer}/kernel"
        removed = np.flatnonzero(~arrays[name])
        slope = np.abs(np.ravel(gradient[name])[removed])
        back = removed[keep_highest(slope, len(removed) - grown)]
        arrays[name].reshape(-1)[back] = True
    return Mask(arrays)


def _shares(mask: Mask, budget: int) -> list[int]:
    """Divide `budget` over the layers as their kept kernel weights, never more than fit."""
    kept = np.array([int(mask.arrays[f"{layer}/kernel"].sum()) for layer in LAYERS])
    room = np.array([int((~mask.arrays[f"{layer}/kernel"]).sum()) for layer in LAYERS])
    ends = np.round(np.cumsum(kept) / max(kept.sum(), 1) * budget).astype(int)
    shares = np.minimum(np.diff(ends, prepend=0), room)
    for layer in np.argsort(-(room - shares), kind="stable"):
        shares[layer] += min(budget - int(shares.sum()), int(room[layer] - shares[layer]))
    return [int(share) for share in shares]
