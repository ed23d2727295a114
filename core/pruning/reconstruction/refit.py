"""Least-squares reconstruction: after a cut, fit what is left to what the dense network gave.

Layer by layer, the kept weights and biases are chosen so that pre-activations come nearest to the
dense network's on sampled rows. No training; removed entries stay exactly 0.
Source: the reconstruction of He et al. 2017, arXiv:1707.06168, for any mask; in the spirit of
Optimal Brain Compression (Frantar & Alistarh 2022, arXiv:2208.11580).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.networks.network import LAYERS, NetworkShape, Weights
from core.progress import Arrays
from core.pruning.activations import (
    Positions,
    every_image,
    layer_input,
    output_map,
    read_rows,
    sample_positions,
)
from core.pruning.reconstruction.least_squares import (
    Moments,
    moments,
    refit,
    refit_masked,
    stack,
    unstack,
    with_constant,
)
from core.randomness import generator

RIDGE = 1e-3
ITERATIONS = 8


@dataclass(frozen=True)
class DenseMoments:
    """What every layer of the dense network reads and gives, as moments over sampled rows.

    layers: layer -> float32 moments. They do not depend on any mask, so one measurement serves
    every cut of the same network.
    """

    layers: Mapping[str, Moments]


def measure(
    dense: Weights, shape: NetworkShape, images: np.ndarray, seed: int, rows: int = 10_000
) -> DenseMoments:
    """Return the moments for `reconstruct`, from `rows` places (dense layers: all images)."""
    layers = {}
    for layer in LAYERS:
        places = _places(layer, shape, images, rows, seed)
        x = with_constant(read_rows(dense, images, layer, places))
        gram = (x.T @ x) / np.float32(len(x))
        matrix = stack(dense[f"{layer}/kernel"], dense[f"{layer}/bias"])
        layers[layer] = Moments(gram, (gram @ matrix).astype(np.float32))
    return DenseMoments(layers)


def reconstruct(
    pruned: Weights,
    mask: Arrays,
    measured: DenseMoments,
    *,
    ridge: float = RIDGE,
    iterations: int = ITERATIONS,
) -> Weights:
    """Return `pruned` with every layer re-fitted as if the layers before it were still dense.

    Fast: no forward pass, only the measured moments. mask: parameter name -> 0/1 array; removed
    entries are exactly 0 in the result.
    """
    reconstructed: Weights = {}
    for layer in LAYERS:
        reconstructed |= _fit(layer, pruned, mask, measured.layers[layer], ridge, iterations)
    return reconstructed


def reconstruct_in_sequence(
    dense: Weights,
    pruned: Weights,
    mask: Arrays,
    shape: NetworkShape,
    images: np.ndarray,
    seed: int,
    *,
    rows: int = 20_000,
    ridge: float = RIDGE,
    iterations: int = 3 * ITERATIONS,
) -> Weights:
    """Return `pruned` re-fitted layer by layer, each to the errors the layers before it have left.

    Slower and better than `reconstruct`: every layer's input is computed anew from the network
    reconstructed so far, its wanted output from the dense network.
    """
    reconstructed = dict(pruned)
    for layer in LAYERS:
        places = _places(layer, shape, images, rows, seed)
        kernel, bias = dense[f"{layer}/kernel"], dense[f"{layer}/bias"]
        wanted = read_rows(dense, images, layer, places) @ kernel.reshape(-1, len(bias)) + bias
        of = moments(read_rows(reconstructed, images, layer, places), wanted)
        reconstructed |= _fit(layer, reconstructed, mask, of, ridge, iterations)
    return reconstructed


def last_outputs(weights: Weights, images: np.ndarray) -> np.ndarray:
    """Return the (n, classes) outputs of the last layer."""
    layer = LAYERS[-1]
    return (
        layer_input(weights, images, layer) @ weights[f"{layer}/kernel"] + weights[f"{layer}/bias"]
    )


def fit_last_layer(
    wanted: np.ndarray,
    pruned: Weights,
    mask: Arrays,
    images: np.ndarray,
    *,
    ridge: float = RIDGE,
    iterations: int = 3 * ITERATIONS,
) -> Weights:
    """Return `pruned` with its last layer fitted to outputs that it should have for the images.

    wanted: (n, classes), the dense network's `last_outputs`. The layer reads what the cut network
    gives it, so it makes up for the errors of all layers before it.
    """
    layer = LAYERS[-1]
    of = moments(layer_input(pruned, images, layer), wanted)
    return {**pruned, **_fit(layer, pruned, mask, of, ridge, iterations)}


def _places(layer: str, shape: NetworkShape, images: np.ndarray, rows: int, seed: int) -> Positions:
    if output_map(layer, shape) == (1, 1):
        return every_image(len(images))
    rng = generator(seed, "recovery", layer)
    return sample_positions(layer, shape, len(images), rows, rng)


def _fit(
    layer: str, pruned: Weights, mask: Arrays, of: Moments, ridge: float, iterations: int
) -> Weights:
    """Return the layer's kernel and bias re-fitted within the mask."""
    names = f"{layer}/kernel", f"{layer}/bias"
    old = stack(*(pruned[name] for name in names))
    kept = stack(*(np.asarray(mask[name]) for name in names)) != 0
    alive = kept[:-1].any(axis=0)
    rows = np.flatnonzero(kept[:, alive].any(axis=1))
    if len(rows) == 0:
        return {name: pruned[name] for name in names}
    inner = Moments(of.gram[np.ix_(rows, rows)], of.target[np.ix_(rows, alive)])
    start, inner_kept = old[np.ix_(rows, alive)], kept[np.ix_(rows, alive)]
    if inner_kept.all():
        fitted = refit(inner, start, ridge)
    else:
        fitted = refit_masked(inner, start, inner_kept, ridge, iterations)
    if not np.isfinite(fitted).all():  # moments beyond the range of numbers: nothing is gained
        return {name: pruned[name] for name in names}
    result = old
    result[np.ix_(rows, alive)] = fitted
    return dict(zip(names, unstack(result, pruned[names[0]].shape), strict=True))
