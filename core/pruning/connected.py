"""An exact cut that wastes no kept weight on dead units and never cuts the network in two."""

import numpy as np

from core.errors import SettingsError
from core.models.network import LAYERS
from core.models.topology import FEEDER
from core.pruning.closure import drop_dead_entries, readers
from core.pruning.mask import Mask, cut
from core.pruning.method import Scores

ROUNDS = 25


def connected_cut(scores: Scores, sparsity: float) -> tuple[Mask, tuple[str, ...]]:
    """Return the mask of exactly this sparsity whose kept entries all lie on a living path.

    Weights of units without inputs or readers are given up and the best removed ones take their
    place. If a layer would die, the best-scored path through the network is kept (guard).
    scores: parameter name -> array, comparable between layers; higher is kept.
    Raises SettingsError if fewer entries are left than one path needs.
    """
    current = {name: np.asarray(value, dtype=np.float64).copy() for name, value in scores.items()}
    mask = cut(current, sparsity)
    notes: tuple[str, ...] = ()
    for _ in range(ROUNDS):
        living = drop_dead_entries(mask)
        if not _is_connected(living):
            current = _protect_path(current, scores)
            notes = ("Layer-collapse guard: the best path through the network is kept.",)
        elif living.zeros == mask.zeros:
            break
        else:
            current = _give_up(current, mask, living)
        mask = cut(current, sparsity)
    if not _is_connected(drop_dead_entries(mask)):
        raise SettingsError(
            f"A sparsity of {sparsity} leaves {mask.size - mask.zeros} entries, "
            f"too few to connect {len(LAYERS)} layers. Choose a lower sparsity."
        )
    return mask, notes


def _is_connected(living: Mask) -> bool:
    return all(living.arrays[f"{layer}/kernel"].any() for layer in LAYERS)


def _give_up(current: Scores, mask: Mask, living: Mask) -> Scores:
    wasted = {name: mask.arrays[name] & ~living.arrays[name] for name in current}
    return {
        name: np.where(wasted[name] & np.isfinite(value), -np.inf, value)
        for name, value in current.items()
    }


def _protect_path(current: Scores, scores: Scores) -> Scores:
    protected = {name: value.copy() for name, value in current.items()}
    unit = -1
    for layer in LAYERS:
        kernel = scores[f"{layer}/kernel"]
        rows = readers(scores, FEEDER[layer]) if layer in FEEDER else kernel[None]
        rows = rows.reshape(-1, rows.shape[-2], rows.shape[-1])
        candidates = rows if unit < 0 else rows[:, unit : unit + 1, :]
        position, column, output = np.unravel_index(np.argmax(candidates), candidates.shape)
        row = int(position) * rows.shape[1] + (int(column) if unit < 0 else unit)
        protected[f"{layer}/kernel"].reshape(-1, kernel.shape[-1])[row, output] = np.inf
        unit = int(output)
    return protected
