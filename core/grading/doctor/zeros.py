"""Zeros that are not in the file: masks lost in fine-tuning, or the dense network itself."""

import numpy as np

from core.grading.doctor.case import Case, Finding, share
from core.grading.doctor.untrained import no_weights, untrained
from core.text import listed

FEW = 0.02  # exact zeros in kernels that say that nothing was pruned in the file
LARGE = 0.05  # of a layer's values, the largest, to compare with
TINY = 0.05  # of the mean of those: what was zero before an optimiser moved it
MOST_MOVED = 0.4  # of one layer, zeros not counted, where the other layers keep theirs
KEPT = 0.2  # of the other layers, at least
NEXT_TO = 1e-6  # no optimiser moves a weight by so little
SEEN = 0.05  # of all kernels
AGAIN = (
    "Multiply each kernel by its mask after every step, or once more before saving, and save again."
)
MOST_TINY = 0.5  # of all kernels; a trained layer has a tenth to a fifth


def masks_lost(case: Case) -> Finding | None:
    """Find zeros that an optimiser revived: few are left, but most values are tiny."""
    if case.sparsity_as_claimed or _almost(case) >= SEEN:
        return None
    zeros = case.kernel_zeros / case.kernel_parameters
    tiny, size = tiny_values(case)
    if tiny < MOST_TINY or zeros > tiny / 2:
        return _lost_in_some(case)
    return Finding(
        "masks-lost",
        "The masks were likely lost in fine-tuning: the optimiser moved pruned weights away from "
        "zero.",
        f"{share(zeros)} of the kernels are exactly zero, but {share(tiny)} are tiny: below "
        f"{size:.2g}, a twentieth of their layer's large weights.",
        AGAIN,
    )


def _lost_in_some(case: Case) -> Finding | None:
    """Find the layers whose zeros were revived while others kept theirs."""
    lost = {name: _moved(kernel) for name, kernel in case.kernels.items()}
    lost = {name: share_of for name, share_of in lost.items() if share_of >= MOST_MOVED}
    kept = [kernel for name, kernel in case.kernels.items() if name not in lost]
    zeros = sum(int((kernel == 0).sum()) for kernel in kept)
    if not lost or zeros < KEPT * sum(kernel.size for kernel in kept):
        return None
    told = listed([f"{share(part)} of {name}" for name, part in lost.items()])
    return Finding(
        "masks-lost",
        f"The {'mask' if len(lost) == 1 else 'masks'} of {listed(list(lost))} "
        f"{'was' if len(lost) == 1 else 'were'} likely lost in fine-tuning.",
        f"{told} are tiny, below a twentieth of the layer's large weights, but not zero; in the "
        f"other layers {share(zeros / sum(kernel.size for kernel in kept))} are exactly zero.",
        AGAIN,
    )


def _moved(kernel: np.ndarray) -> float:
    """Return the share of a layer's weights that are tiny, but not zero."""
    sizes = np.abs(kernel).ravel()
    return float(np.mean((sizes < _tiny_below(kernel)) & (sizes > 0)))


def almost_zero(case: Case) -> Finding | None:
    """Find pruned weights that are next to nothing, but not zero."""
    small = _almost(case)
    if case.sparsity_as_claimed or small < SEEN:
        return None
    return Finding(
        "almost-zero",
        "Many weights are next to zero, but not exactly zero.",
        f"{share(small)} of the kernel weights are below {NEXT_TO:g} and not zero; "
        f"{share(case.kernel_zeros / case.kernel_parameters)} are exactly zero, and only these "
        "count.",
        "Set them to exactly 0 before saving if they are meant to be pruned: multiply each kernel "
        "by a mask of 0 and 1.",
    )


def _almost(case: Case) -> float:
    """Return the share of kernel weights next to zero, 0 where they are not most of the tiny ones.

    What an optimiser moved is spread up to its steps, and some of that is next to zero as well.
    """
    small = sum(int(((np.abs(k) < NEXT_TO) & (k != 0)).sum()) for k in case.kernels.values())
    moved = sum(int(_moved(k) * k.size) for k in case.kernels.values())
    return small / case.kernel_parameters if small > max(case.kernel_zeros, moved / 2) else 0.0


def dense_saved(case: Case) -> Finding | None:
    """Find a network in which nothing is zero, and nothing was."""
    zeros = case.kernel_zeros / case.kernel_parameters
    if zeros > FEW or case.sparsity_as_claimed or any(why(case) for why in BETTER):
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
        bound = _tiny_below(kernel)
        tiny += int((np.abs(kernel) < bound).sum())
        bounds.append(bound)
    return tiny / case.kernel_parameters, max(bounds)


def _tiny_below(kernel: np.ndarray) -> float:
    sizes = np.abs(kernel).ravel()
    count = max(1, int(LARGE * sizes.size))
    return TINY * float(np.partition(sizes, -count)[-count:].mean())


BETTER = (masks_lost, almost_zero, untrained, no_weights)
