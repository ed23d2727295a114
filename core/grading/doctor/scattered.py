"""A compact network put back to the wrong places: layers that read channels nobody writes."""

from itertools import pairwise

import numpy as np

from core.grading.doctor.case import Case
from core.grading.doctor.repair import Repair
from core.networks.network import LAYERS, Weights

Moved = tuple[str, int, int]  # (layer, channels or rows read, of them from channels that are dead)


def scattered(case: Case) -> Repair | None:
    """Try to connect what each layer reads with the channels that the layer before it writes."""
    weights = dict(case.weights)
    moved: list[Moved] = []
    for before, layer in pairwise(LAYERS):
        _bias_follows(weights, before)
        _reconnect(weights, before, layer, case.shape.positions, moved)
    if not moved:
        return None
    worst, read, dead = max(moved, key=lambda each: each[2])
    return Repair(
        "scattered",
        case.accuracy_of(weights),
        "A compact network was likely put back to the wrong places.",
        f"when each layer reads the channels that are alive: {worst} reads {read:,} inputs, "
        f"{dead:,} of them from channels without a weight",
        "Put each value at the index its channel had, full[..., kept_in[:, None], kept_out] = "
        "small; row r of the flattened layer is position r // kept at channel kept_in[r % kept].",
    )


def _written(weights: Weights, layer: str) -> np.ndarray:
    """Return the units of a layer that have weights."""
    return np.flatnonzero(weights[f"{layer}/kernel"].any(axis=(*range(_axes(weights, layer)),)))


def _axes(weights: Weights, layer: str) -> int:
    return weights[f"{layer}/kernel"].ndim - 1


def _bias_follows(weights: Weights, layer: str) -> None:
    """Put the biases to the units with weights where as many are elsewhere."""
    units, bias = _written(weights, layer), weights[f"{layer}/bias"]
    there = np.flatnonzero(bias)
    if len(there) == len(units) and not np.array_equal(there, units):
        moved = np.zeros_like(bias)
        moved[units] = bias[there]
        weights[f"{layer}/bias"] = moved


def _reconnect(
    weights: Weights, before: str, layer: str, positions: int, moved: list[Moved]
) -> None:
    kernel, units = weights[f"{layer}/kernel"], _written(weights, before)
    wanted = units
    if layer == "dense1":
        width = weights[f"{before}/bias"].size
        wanted = (np.arange(positions)[:, None] * width + units).ravel()
    read = np.flatnonzero(kernel.any(axis=(*range(kernel.ndim - 2), kernel.ndim - 1)))
    dead = np.setdiff1d(read, wanted)
    if not len(dead) or len(read) > len(wanted):
        return
    placed = np.zeros_like(kernel)
    placed[..., wanted[: len(read)], :] = kernel[..., read, :]
    weights[f"{layer}/kernel"] = placed
    moved.append((layer, len(read), len(dead)))
