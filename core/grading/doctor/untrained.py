"""Files whose numbers no training left: initial weights, or masks and scores in their place."""

import math

import numpy as np

from core.grading.doctor.case import Case, Finding

NEAR_CHANCE = 0.1  # of accuracy above guessing
ROUNDING = 1e-6


def untrained(case: Case) -> Finding | None:
    """Find a network as it was before training: biases of zero, kernels within their first bounds.

    Source: Glorot & Bengio 2010; Keras's default initialiser.
    """
    biases = [array for name, array in case.weights.items() if name.endswith("/bias")]
    if any(bias.any() for bias in biases) or not _guesses(case):
        return None
    if not all(_is_initial(kernel) for kernel in case.kernels.values()):
        return None
    count = sum(bias.size for bias in biases)
    return Finding(
        "untrained",
        "The network was likely saved before it was trained.",
        f"All {count:,} biases are zero, every kernel is within the bounds in which it starts, "
        f"and accuracy is {case.accuracy:.0%} on {len(case.tried)} images, {case.chance:.0%} by "
        "chance.",
        "Save after training, from the model that was trained, and measure the file after reading "
        "it again.",
    )


def no_weights(case: Case) -> Finding | None:
    """Find masks, scores or an optimiser's numbers in place of weights: nothing is negative."""
    kernels = case.kernels.values()
    if any((kernel < 0).any() for kernel in kernels) or not _guesses(case):
        return None
    values = np.unique(np.concatenate([kernel.ravel() for kernel in kernels]))
    is_mask = len(values) <= 2 and set(values.tolist()) <= {0.0, 1.0}
    are = "masks" if is_mask else "masks, scores or an optimiser's state"
    told = "each is 0 or 1" if is_mask else "none is negative"
    return Finding(
        "no-weights",
        f"The file likely holds {are} instead of weights.",
        f"Of {case.kernel_parameters:,} kernel values {told}, and accuracy is {case.accuracy:.0%} "
        f"on {len(case.tried)} images.",
        "Save model.get_weights() or model.save_weights, after the masks were applied.",
    )


def _guesses(case: Case) -> bool:
    return case.is_low and case.accuracy <= case.chance + NEAR_CHANCE


def _is_initial(kernel: np.ndarray) -> bool:
    field = math.prod(kernel.shape[:-2])
    bound = math.sqrt(6 / (field * (kernel.shape[-2] + kernel.shape[-1])))
    return bool(kernel.any()) and float(np.abs(kernel).max()) <= bound * (1 + ROUNDING)
