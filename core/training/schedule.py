"""The learning rate of every step."""

import numpy as np

from core.training.recipe import Recipe


def learning_rates(recipe: Recipe, steps: int) -> np.ndarray:
    """Return the (steps,) float32 learning rates of a whole run.

    one_cycle: linear up, cosine down to zero (Smith & Topin 2017, arXiv:1708.07120).
    decay: rate / (1 + decay * step), what Keras 2 called `decay`.
    """
    step = np.arange(steps, dtype=np.float64)
    if recipe.schedule == "constant":
        factor = np.ones(steps)
    elif recipe.schedule == "decay":
        factor = 1 / (1 + recipe.decay * step)
    elif recipe.schedule == "cosine":
        factor = (1 + np.cos(np.pi * step / steps)) / 2
    else:
        factor = _one_cycle((step + 1) / steps, recipe.warmup)
    return (recipe.learning_rate * factor).astype(np.float32)


def _one_cycle(done: np.ndarray, warmup: float) -> np.ndarray:
    falling = (1 + np.cos(np.pi * (done - warmup) / (1 - warmup))) / 2
    return np.where(done < warmup, done / max(warmup, 1e-9), falling)
