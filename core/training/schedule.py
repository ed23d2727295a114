"""The learning rate of every step."""

import numpy as np

from core.training.averages import first_averaged
from core.training.options import CYCLIC
from core.training.recipe import Recipe

FALLING = ("cosine", "one_cycle")  # to 0
LOWEST = 0.01  # the end of a cycle, as a share of its beginning


def learning_rates(recipe: Recipe, steps: int) -> np.ndarray:
    """Return the (steps,) float32 learning rates of a whole run.

    one_cycle: linear up, cosine down to zero (Smith & Topin 2017, arXiv:1708.07120).
    decay: rate / (1 + decay * step), what Keras 2 called `decay`.
    With swa the schedule ends where the averaging begins, see `_averaging`.
    """
    factor = _averaging(recipe, steps) if recipe.swa else _factor(recipe, steps)
    return (recipe.learning_rate * factor).astype(np.float32)


def _factor(recipe: Recipe, steps: int) -> np.ndarray:
    step = np.arange(steps, dtype=np.float64)
    if recipe.schedule == "constant":
        return np.ones(steps)
    if recipe.schedule == "decay":
        return 1 / (1 + recipe.decay * step)
    if recipe.schedule == "cosine":
        return (1 + np.cos(np.pi * step / steps)) / 2
    return _one_cycle((step + 1) / steps, recipe.warmup)


def _one_cycle(done: np.ndarray, warmup: float) -> np.ndarray:
    falling = (1 + np.cos(np.pi * (done - warmup) / (1 - warmup))) / 2
    return np.where(done < warmup, done / max(warmup, 1e-9), falling)


def _averaging(recipe: Recipe, steps: int) -> np.ndarray:
    """Return the factors of a run whose last epochs are averaged.

    The schedule runs in the epochs before, and falls to swa_rate where it would fall to 0; others
    stay where they are. Then steps are constant, or fall linearly to a hundredth in every epoch.
    Source: Izmailov et al. 2018, arXiv:1803.05407, section 3.1.
    """
    epoch = steps // recipe.epochs
    before = first_averaged(recipe) * epoch
    factor, level = _before_averaging(recipe, before)
    done = (np.arange(steps - before) % epoch + 1) / epoch
    falls = recipe.swa_schedule == CYCLIC
    return np.concatenate([factor, level * (1 - done * (1 - LOWEST) * falls)])


def _before_averaging(recipe: Recipe, steps: int) -> tuple[np.ndarray, float]:
    """Return the factors of the steps before, and the one that averaging begins with."""
    factor = _factor(recipe, steps)
    if recipe.schedule not in FALLING:
        return factor, float(factor[-1]) if steps else 1.0
    peak = int(np.argmax(factor)) if steps else 0
    factor[peak:] = recipe.swa_rate + (1 - recipe.swa_rate) * factor[peak:]
    return factor, recipe.swa_rate
