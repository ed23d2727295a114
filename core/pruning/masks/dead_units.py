"""What dies with a dead unit: removal followed through the network to a fixed point."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.networks.network import NetworkShape, Weights
from core.networks.topology import CHANNEL_LAYERS, FEEDER, READER, readers, set_units
from core.pruning.masks.mask import Mask

# A constant channel is not constant any more at the zero-padded border of these readers.
PADDED_READERS = ("conv1", "conv3")


@dataclass(frozen=True)
class LivingNetwork:
    """A network in which every unit that is left both receives and is read.

    kept: layer -> sorted indices of the living units. weights and mask: full layout.
    """

    weights: Weights
    mask: Mask
    kept: dict[str, np.ndarray]
    notes: tuple[str, ...]


def living_units(kept: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return layer -> (units,) bool: units with at least one input and one reader left.

    kept: parameter name -> array; an entry counts as there when it is not zero.
    """
    alive = {layer: np.ones(kept[f"{layer}/bias"].size, dtype=bool) for layer in CHANNEL_LAYERS}
    while True:
        before = sum(int(units.sum()) for units in alive.values())
        alive = {layer: _lives(kept, layer, alive) for layer in CHANNEL_LAYERS}
        if sum(int(units.sum()) for units in alive.values()) == before:
            return alive


def _lives(
    kept: Mapping[str, np.ndarray], layer: str, alive: Mapping[str, np.ndarray]
) -> np.ndarray:
    inputs = kept[f"{layer}/kernel"] != 0
    if layer in FEEDER:
        inputs = (readers(kept, FEEDER[layer]) != 0) & alive[FEEDER[layer]][None, :, None]
    outputs = readers(kept, layer) != 0
    if READER[layer] in alive:
        outputs = outputs & alive[READER[layer]]
    is_fed = inputs.reshape(-1, inputs.shape[-1]).any(axis=0)
    lives: np.ndarray = alive[layer] & is_fed & outputs.any(axis=(0, 2))
    return lives


def channel_mask(kept: Mapping[str, np.ndarray], shape: NetworkShape) -> Mask:
    """Return the mask that keeps these units: their kernels, their biases and who reads them."""
    arrays = {name: np.ones(size, dtype=bool) for name, size in shape.parameter_shapes().items()}
    for layer in CHANNEL_LAYERS:
        dead = np.setdiff1d(np.arange(shape.units[layer]), kept[layer])
        set_units(arrays, layer, dead, False)
    return Mask(arrays)


def last_units(mask: Mask) -> tuple[str, ...]:
    """Return a note that names the layers with one living unit, if there are any.

    There the layer-collapse guard has acted, or is about to.
    """
    alive = living_units(mask.arrays)
    last = [layer for layer in CHANNEL_LAYERS if alive[layer].size > 1 and alive[layer].sum() == 1]
    if not last:
        return ()
    return (f"Layer-collapse guard: one unit is left in {', '.join(last)}.",)


def drop_dead_entries(mask: Mask) -> Mask:
    """Return the mask without the entries of units that receive nothing or that nobody reads."""
    alive = living_units(mask.arrays)
    arrays = {name: array.copy() for name, array in mask.arrays.items()}
    for layer in CHANNEL_LAYERS:
        set_units(arrays, layer, ~alive[layer], False)
    return Mask(arrays)


def fold_constants(weights: Weights) -> tuple[Weights, tuple[str, ...]]:
    """Return weights in which units without inputs are silent, and notes of what that cost.

    Such a unit emits relu(bias) everywhere. Where the reader is dense or an unpadded convolution
    the constant moves into the reader's biases exactly; before a padded one it is dropped.
    """
    folded = {name: value.copy() for name, value in weights.items()}
    notes = []
    for layer in CHANNEL_LAYERS:
        kernel, bias = folded[f"{layer}/kernel"], folded[f"{layer}/bias"]
        constant = ~kernel.reshape(-1, kernel.shape[-1]).any(axis=0)
        emitted = np.where(constant, np.maximum(bias, 0), 0)
        if READER[layer] not in PADDED_READERS:
            folded[f"{READER[layer]}/bias"] += np.einsum(
                "c,pco->o", emitted, readers(folded, layer)
            )
        elif emitted.any():
            count = int((emitted > 0).sum())
            notes.append(f"{count} constant channels of {layer} were dropped, not folded.")
        bias[constant] = 0
        readers(folded, layer)[:, constant, :] = 0
    return folded, tuple(notes)


def remove_dead_units(
    weights: Weights, kept: Mapping[str, np.ndarray], shape: NetworkShape
) -> LivingNetwork:
    """Return the network with only the kept units, followed to the fixed point.

    A unit whose kernel is zero is folded away, one that nobody reads dies with its inputs. A
    layer that would lose every unit keeps its strongest one (the layer-collapse guard).
    """
    asked, floor_notes = _with_floor(kept, weights)
    constants_folded, first_notes = fold_constants(weights)
    folded, fold_notes = fold_constants(channel_mask(asked, shape).apply(constants_folded))
    alive = {layer: np.flatnonzero(units) for layer, units in living_units(folded).items()}
    living, guard_notes = _with_floor(alive, weights)
    mask = channel_mask(living, shape)
    notes = dict.fromkeys((*floor_notes, *first_notes, *fold_notes, *guard_notes))
    return LivingNetwork(mask.apply(folded), mask, living, tuple(notes))


def _with_floor(
    kept: Mapping[str, np.ndarray], weights: Weights
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    empty = [layer for layer in CHANNEL_LAYERS if len(kept[layer]) == 0]
    strongest = {layer: np.array([_strongest(weights, layer)]) for layer in empty}
    notes = tuple(f"Layer-collapse guard: {name} keeps its strongest channel." for name in empty)
    return {layer: strongest.get(layer, kept[layer]) for layer in CHANNEL_LAYERS}, notes


def _strongest(weights: Weights, layer: str) -> int:
    kernel = weights[f"{layer}/kernel"]
    return int(np.argmax(np.abs(kernel).reshape(-1, kernel.shape[-1]).sum(axis=0)))
