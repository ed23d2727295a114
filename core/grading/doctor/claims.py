"""A claimed sparsity that the file does not have, and how it was likely counted."""

from collections.abc import Callable

import numpy as np

from core.grading.doctor.case import MATTERS, Case, Finding, share
from core.grading.doctor.float16 import underflow
from core.grading.doctor.untrained import no_weights, untrained
from core.grading.doctor.zeros import almost_zero, dense_saved, masks_lost

ROUNDED = 1e-4  # how far a claim may be from what it was counted from
CLEARLY = 0.01
TOLERANCES = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
COUNT = "np.count_nonzero(w == 0) over model.get_weights(), biases included"


def kernels_only(case: Case) -> Finding | None:
    """Find a claim that counts kernels alone: 592,224 instead of 592,933 parameters."""
    kernels = case.kernel_zeros / case.kernel_parameters
    if not _claim_is_off(case) or not _is(case.claimed_sparsity, kernels):
        return None
    return Finding(
        "kernels-only",
        "The claimed sparsity likely counts the kernels only.",
        f"{case.kernel_zeros:,} of the {case.kernel_parameters:,} kernel weights are zero, "
        f"{share(kernels)}; of all {case.shape.parameters:,} parameters {case.zeros:,} are, "
        f"{share(case.sparsity)}.",
        f"Count {COUNT}, and divide by {case.shape.parameters:,}.",
    )


def with_tolerance(case: Case) -> Finding | None:
    """Find a claim that takes small weights for zeros."""
    if not _claim_is_off(case) or kernels_only(case) is not None:
        return None
    for bound in TOLERANCES:
        for what, arrays in (("parameters", case.weights), ("kernel weights", case.kernels)):
            small = sum(int((np.abs(array) < bound).sum()) for array in arrays.values())
            found = small / sum(array.size for array in arrays.values())
            if small > case.zeros and _is(case.claimed_sparsity, found):
                return Finding(
                    "tolerance",
                    "The claimed sparsity likely counts small weights as zeros.",
                    f"{share(found)} of the {what} are below {bound:g}, as claimed; "
                    f"{share(case.sparsity)} are exactly zero.",
                    f"Set what is to count to exactly 0 before saving, and count {COUNT}.",
                )
    return None


def from_mask(case: Case) -> Finding | None:
    """Find a claim above the file's sparsity that nothing in the file explains."""
    claimed = case.claimed_sparsity
    if claimed is None or case.sparsity_as_claimed or claimed < case.sparsity:
        return None
    if any(explains(case) is not None for explains in BETTER):
        return None
    return Finding(
        "from-mask",
        "The claimed sparsity is not in the file: likely it was counted in a mask.",
        f"Claimed are {share(claimed)}; {case.zeros:,} of {case.shape.parameters:,} parameters are "
        f"exactly zero, {share(case.sparsity)}.",
        "Apply the masks to the weights, save, read the file again and count there.",
    )


def more_zeros(case: Case) -> Finding | None:
    """Find a claim that is clearly below the file's sparsity."""
    claimed = case.claimed_sparsity
    if claimed is None or claimed > case.sparsity - CLEARLY or case.sparsity_as_claimed:
        return None
    if kernels_only(case) or underflow(case):
        return None
    return Finding(
        "more-zeros",
        "The file has more zeros than claimed: likely it is the file of another run.",
        f"Claimed are {share(claimed)}; {case.zeros:,} of {case.shape.parameters:,} parameters are "
        f"exactly zero, {share(case.sparsity)}.",
        "Hand in the file of the run whose numbers you report, and count its zeros after reading "
        "it again.",
    )


def _claim_is_off(case: Case) -> bool:
    claimed = case.claimed_sparsity
    return claimed is not None and abs(claimed - case.sparsity) > MATTERS


def _is(claimed: float | None, counted: float) -> bool:
    return claimed is not None and abs(claimed - counted) <= ROUNDED


BETTER: tuple[Callable[[Case], Finding | None], ...] = (
    masks_lost,
    almost_zero,
    dense_saved,
    kernels_only,
    with_tolerance,
    untrained,
    no_weights,
)
