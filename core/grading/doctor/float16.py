"""Weights that went through float16: what is too small for it became zero, or lost its digits."""

import numpy as np

from core.grading.doctor.case import Case, Finding, share

SMALLEST = 2.0**-14  # below it, float16 has fewer digits; below 2**-25 it has none
MANY = 0.01  # of the weights that are not zero
MORE_ZEROS = 3e-4  # than claimed


def underflow(case: Case) -> Finding | None:
    """Find weights in float16 of which many are too small for it, or more are zero than claimed."""
    values = np.concatenate([array.ravel() for array in case.weights.values()])
    kept = values[values != 0]
    if not kept.size or not _fit_half(kept):
        return None
    small = float(np.mean(np.abs(kept) < SMALLEST))
    claimed = case.sparsity if case.claimed_sparsity is None else case.claimed_sparsity
    more = case.sparsity > claimed + MORE_ZEROS
    if not more and (small < MANY or not case.is_low):
        return None  # what was lost does not matter to a network that works
    told = f" {share(case.sparsity)} are zero, but {share(claimed)} are claimed." if more else ""
    return Finding(
        "float16-underflow",
        "Small weights were likely rounded to zero, or to few digits, by float16.",
        f"All weights fit float16 exactly, and {share(small)} of those that are not zero are below "
        f"{SMALLEST:.1g}, where float16 loses digits.{told}",
        "Save the weights as float32: set the policy of the model to float32, or convert before "
        "training is over.",
    )


def _fit_half(values: np.ndarray) -> bool:
    with np.errstate(over="ignore"):
        return bool((values.astype(np.float16).astype(np.float32) == values).all())
