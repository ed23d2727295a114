"""A softmax whose answers a loss took for logits: networks that are sure of everything."""

import numpy as np

from core.grading.doctor.case import Case, Finding

# Median of the wrong answers. A network that overfits is at 0.6 to 0.99, so that nothing is said
# of one that works.
SURE = 0.99
MOST_SHOWN = 0.999
FEWEST_WRONG = 15


def from_logits(case: Case) -> Finding | None:
    """Find wrong answers that are as sure as right ones, in a network that does not work."""
    wrong = case.answers.argmax(axis=1) != case.tried.labels
    if not case.is_low or wrong.sum() < FEWEST_WRONG or case.accuracy < 1.5 * case.chance:
        return None
    sure = float(np.median(case.answers[wrong].max(axis=1)))
    if sure < SURE:
        return None
    return Finding(
        "softmax-from-logits",
        "The loss likely took the softmax's answers for logits (from_logits=True).",
        f"Half of the {int(wrong.sum())} wrong answers among {len(case.tried)} are more than "
        f"{min(sure, MOST_SHOWN):.1%} sure, and accuracy is {case.accuracy:.0%}: a softmax twice "
        "in a row stops learning there. A network that has learned its training images by heart "
        "can look alike.",
        "Train with from_logits=False, or without the softmax in the last layer.",
    )
