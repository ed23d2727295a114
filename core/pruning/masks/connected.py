"""An exact cut that wastes no kept weight on dead units and never cuts the network in two."""

import numpy as np

from core.errors import SettingsError
from core.networks.network import LAYERS
from core.networks.topology import CHANNEL_LAYERS, FEEDER, readers, set_units
from core.pruning.masks.dead_units import drop_dead_entries
from core.pruning.masks.mask import Mask, cut
from core.pruning.method import Scores

ROUNDS = 25
PATIENCE = 5  # rounds without a mask that wastes less
ALWAYS_KEPT = 1e30  # a score; not infinite: the layer-collapse guard ranks above it
GUARDED = "Layer-collapse guard: the best path through the network is kept."


def connected_cut(scores: Scores, sparsity: float) -> tuple[Mask, tuple[str, ...]]:
    """Return the mask of exactly this sparsity whose kept entries lie on living paths.

    Weights of units without inputs or readers are given up and the best removed ones take their
    place, as long as that helps: at a sparsity that leaves few entries a layer some are wasted,
    which the notes say. scores: parameter name -> array, comparable between layers; higher is kept.
    Raises SettingsError if fewer entries are left than one path needs.
    """
    current = {name: np.asarray(value, dtype=np.float64) for name, value in scores.items()}
    mask, notes = guarded_cut(current, sparsity)
    living, since = drop_dead_entries(mask), 0
    best, wasted = mask, living.zeros - mask.zeros
    for _ in range(ROUNDS):
        if not wasted or since == PATIENCE:
            break
        current = _give_up(current, mask, living)
        mask, more = guarded_cut(current, sparsity)
        notes, living, since = (*notes, *more), drop_dead_entries(mask), since + 1
        if living.zeros - mask.zeros < wasted:
            best, wasted, since = mask, living.zeros - mask.zeros, 0
    return best, tuple(dict.fromkeys((*notes, *_waste(wasted))))


def _waste(entries: int) -> tuple[str, ...]:
    return (f"{entries} kept entries lie on no path through the network.",) if entries else ()


def guarded_cut(scores: Scores, sparsity: float) -> tuple[Mask, tuple[str, ...]]:
    """Return the exact cut; if that kills a layer, the best-scored path is kept (and noted).

    Raises SettingsError if fewer entries are left than one path needs.
    """
    mask = cut(scores, sparsity)
    if _is_connected(mask):
        return mask, ()
    guarded = cut(_protect_path(scores), sparsity)
    if not _is_connected(guarded):
        raise SettingsError(
            f"A sparsity of {sparsity} leaves {mask.size - mask.zeros} entries, "
            f"too few to connect {len(LAYERS)} layers. Choose a lower sparsity."
        )
    return guarded, (GUARDED,)


def _is_connected(mask: Mask) -> bool:
    living = drop_dead_entries(mask)
    return all(living.arrays[f"{layer}/kernel"].any() for layer in LAYERS)


def _give_up(current: Scores, mask: Mask, living: Mask) -> Scores:
    """Give up what is wasted; a unit that gives up its bias goes whole.

    Back without its bias it would be silent in a batch-normalised retraining, which takes its
    factor away with its shift.
    """
    wasted = {name: mask.arrays[name] & ~living.arrays[name] for name in current}
    for layer in CHANNEL_LAYERS:
        set_units(wasted, layer, wasted[f"{layer}/bias"], True)
    return {name: np.where(wasted[name], -np.inf, value) for name, value in current.items()}


def _protect_path(scores: Scores) -> Scores:
    """Return scores that keep the strongest path, and its biases where biases have to stay."""
    protected = {name: np.array(value, dtype=np.float64) for name, value in scores.items()}
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
        if protected[f"{layer}/bias"][unit] == ALWAYS_KEPT:
            protected[f"{layer}/bias"][unit] = np.inf
    return protected
