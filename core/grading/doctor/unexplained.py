"""What is said when accuracy is far below what was claimed, and no repair brings it back."""

import math

import numpy as np

from core.grading.doctor.case import Case, Finding

FAR = 0.05  # of accuracy, and three standard errors
ONE_CLASS = 0.99  # of the answers


def unexplained(case: Case) -> Finding | None:
    """Find a network that does not reach the claimed accuracy for no reason that is known here."""
    claimed = case.claimed_accuracy
    if claimed is None:
        return None
    count = len(case.images)
    error = math.sqrt(claimed * (1 - claimed) / count)
    if claimed - case.accuracy_on_all < max(FAR, 3 * error):
        return None
    chosen, images = np.unique(case.answers.argmax(axis=1), return_counts=True)
    same = f" Almost every image gets class {chosen[images.argmax()]}."
    return Finding(
        "unexplained",
        "The file does not reach the claimed accuracy, and no usual cause explains it.",
        f"Accuracy is {case.accuracy_on_all:.0%} on {count:,} images; {claimed:.0%} is claimed."
        + (same if images.max() >= ONE_CLASS * len(case.tried) else ""),
        "Read the file into a newly built network and measure it there, on images divided by 255: "
        "likely it is the file of another run, or of another moment of this one.",
    )


def nothing_found(case: Case) -> str:
    """Return the sentence for a file without a finding."""
    if case.is_low:
        return (
            f"Accuracy is {case.accuracy_on_all:.0%}, and none of the usual causes explains it. "
            "Give the claimed accuracy to have it compared."
        )
    return "Nothing is wrong with it that can be seen."
