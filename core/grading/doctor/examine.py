"""The whole examination: what the numbers say, then which repair brings the accuracy back."""

from collections.abc import Callable

from core.grading.doctor.axes import kernels
from core.grading.doctor.case import Case, Finding
from core.grading.doctor.claims import from_mask, kernels_only, more_zeros, with_tolerance
from core.grading.doctor.dead import dead_layer
from core.grading.doctor.float16 import underflow
from core.grading.doctor.inputs import channels, image_scale, not_folded
from core.grading.doctor.permuted import classes, flattened_rows
from core.grading.doctor.repair import Repair
from core.grading.doctor.scattered import scattered
from core.grading.doctor.softmax_twice import from_logits
from core.grading.doctor.unexplained import unexplained
from core.grading.doctor.unreadable import of_refusal
from core.grading.doctor.untrained import no_weights, untrained
from core.grading.doctor.zeros import almost_zero, dense_saved, masks_lost

CHECKS: tuple[Callable[[Case], Finding | None], ...] = (
    *(untrained, no_weights, masks_lost, almost_zero, dense_saved),
    *(kernels_only, with_tolerance, from_mask, more_zeros, underflow, from_logits),
)
Attempts = tuple[Callable[[Case], Repair | None], ...]
ENOUGH = ("softmax-from-logits",)  # explains a low accuracy
NO_NETWORK = ("untrained", "no-weights")  # nothing can be repaired
QUICK: Attempts = (scattered, flattened_rows, classes, channels)  # at most a pass over the images
THOROUGH: Attempts = (image_scale, not_folded, kernels)  # several
FEWEST_IMAGES = 20  # fewer tell nothing


def examine(case: Case) -> tuple[Finding, ...]:
    """Return what is wrong with a hand-in; nothing for one that works as claimed.

    Only what its numbers show is said, with "likely" where something else could be the reason.
    """
    found = [each for check in CHECKS if (each := check(case)) is not None]
    if len(case.images) < FEWEST_IMAGES or not case.is_low:
        return tuple(found)
    if any(each.name in NO_NETWORK for each in found):
        return tuple(found)
    cause = _cause(case)
    if cause is None and not any(each.name in ENOUGH for each in found):
        cause = unexplained(case)
    return tuple(found) if cause is None else (cause, *found)


def _cause(case: Case) -> Finding | None:
    """Return why the accuracy is low, as far as a repair or the layers' outputs tell."""
    dead = dead_layer(case)
    if dead is not None:
        return dead
    for attempts in (QUICK, THOROUGH):
        repair = _best(case, attempts)
        if repair is not None:
            return repair.finding(case)
    return None


def _best(case: Case, attempts: Attempts) -> Repair | None:
    """Return the repair that brings most of the accuracy back, None if none brings enough."""
    tried = [attempt(case) for attempt in attempts]
    enough = [repair for repair in tried if repair is not None and repair.explains(case)]
    return max(enough, key=lambda repair: repair.accuracy, default=None)


def refused(error: str) -> tuple[Finding, ...]:
    """Return what can be said of a file that could not be read, beside its refusal."""
    finding = of_refusal(error)
    return (finding,) if finding else ()
