"""Zeros that are not in the file: masks lost in fine-tuning, or the dense network itself."""

import numpy as np

from core.grading.doctor.case import Case, Finding, share

FEW = 0.02  # exact zeros in kernels that say that nothing was pruned in the file
LARGE = 0.05  # of a layer's values, the largest, to compare with
TINY = 0.05  # of the mean of those: what was zero before an optimiser moved it
MOST_TINY = 0.5  # of all kernels; a trained layer has a tenth to a fifth


def masks_lost(case: Case) -> Finding | None:
    """Find zeros that an optimiser revived: few are left, but most values are tiny."""
    zeros = case.kernel_zeros / case.kernel_parameters
    tiny, size = tiny_values(case)
    if tiny < MOST_TINY or zeros > tiny / 2:
        return None
    return Finding(
        "masks-lost",
        "The masks were likely lost in fine-tuning: the optimiser moved pruned weights away from "
        "zero.",
        f"{share(zeros)} of the kernels are exactly zero, but {share(tiny)} are tiny: below "
        f"{size:.2g}, a twentieth of their layer's large weights.",
        "Multiply each kernel by its mask after every step, or once more before saving, and save "
        "again.",
    )


def dense_saved(case: Case) -> Finding | None:
    """Find a network in which nothing is zero, and nothing was."""
    zeros = case.kernel_zeros / case.kernel_parameters
    if zeros > FEW or masks_lost(case) is not None:
        return None
    return Finding(
        "dense-saved",
        "The dense network was likely saved instead of the pruned one.",
        f"{case.kernel_zeros:,} of {case.kernel_parameters:,} kernel weights are exactly zero, and "
        f"{share(tiny_values(case)[0])} are tiny, no more than in any trained network.",
        "Save the weights of the model that the pruned values were set in, and count its zeros "
        "after reading the file again.",
    )


def tiny_values(case: Case) -> tuple[float, float]:
    """Return the share of kernel weights that are tiny in their layer, and the largest bound."""
    tiny, bounds = 0, []
    for kernel in case.kernels.values():
        sizes = np.abs(kernel).ravel()
        count = max(1, int(LARGE * sizes.size))
        bound = TINY * float(np.partition(sizes, -count)[-count:].mean())
        tiny += int((sizes < bound).sum())
        bounds.append(bound)
    return tiny / case.kernel_parameters, max(bounds)
