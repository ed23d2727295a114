"""The whole examination: what the numbers say, then which repair brings the accuracy back."""

from collections.abc import Callable

from core.grading.doctor.case import Case, Finding
from core.grading.doctor.claims import from_mask, kernels_only, with_tolerance
from core.grading.doctor.dead import dead_layer
from core.grading.doctor.halves import underflow
from core.grading.doctor.inputs import image_scale, not_folded
from core.grading.doctor.order import classes, flattened_rows
from core.grading.doctor.repair import Repair
from core.grading.doctor.scattered import scattered
from core.grading.doctor.softmax_twice import from_logits
from core.grading.doctor.unreadable import of_refusal
from core.grading.doctor.zeros import dense_saved, masks_lost

CHECKS: tuple[Callable[[Case], Finding | None], ...] = (
    *(masks_lost, dense_saved, kernels_only, with_tolerance, from_mask),
    *(underflow, from_logits),
)
Attempts = tuple[Callable[[Case], Repair | None], ...]
QUICK: Attempts = (scattered, flattened_rows, classes)  # at most one pass over the images
THOROUGH: Attempts = (image_scale, not_folded)  # several
FEWEST_IMAGES = 20  # fewer tell nothing


def examine(case: Case) -> tuple[Finding, ...]:
    """Return what is wrong with a hand-in; nothing for one that works as claimed.

    Only what its numbers show is said, with "likely" where something else could be the reason.
    """
    found = [each for check in CHECKS if (each := check(case)) is not None]
    if len(case.images) < FEWEST_IMAGES or not case.is_low:
        return tuple(found)
    dead = dead_layer(case)
    if dead is not None:
        return (dead, *found)
    for attempts in (QUICK, THOROUGH):
        repair = _best(case, attempts)
        if repair is not None:
            return (repair.finding(case), *found)
    return tuple(found)


def _best(case: Case, attempts: Attempts) -> Repair | None:
    """Return the repair that brings most of the accuracy back, None if none brings enough."""
    tried = [attempt(case) for attempt in attempts]
    enough = [repair for repair in tried if repair is not None and repair.explains(case)]
    return max(enough, key=lambda repair: repair.accuracy, default=None)


def refused(error: str) -> tuple[Finding, ...]:
    """Return what can be said of a file that could not be read, beside its refusal."""
    finding = of_refusal(error)
    return (finding,) if finding else ()
