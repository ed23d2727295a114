"""Right numbers in wrong places: rows of the flattened layer, or classes, in another order."""

from itertools import permutations

import numpy as np

from core.evaluation.accuracy import confusion
from core.grading.doctor.case import Case
from core.grading.doctor.repair import Repair
from core.networks import numpy_forward

MOST_TRIED = 7  # classes, in every order; of more, the largest counts are matched first


def flattened_rows(case: Case) -> Repair:
    """Try the rows of dense1 as they are when channels come first, and the other way round."""
    channels, positions = case.shape.units["conv4"], case.shape.positions
    plain = np.arange(channels * positions)
    orders = (
        plain.reshape(channels, positions).T.ravel(),
        plain.reshape(positions, channels).T.ravel(),
    )
    reached = max(_with_rows(case, order) for order in orders)
    return Repair(
        "flattened-order",
        reached,
        "The rows of the flattened layer are likely in channels-first order.",
        "when the rows of dense1's kernel are put from (channel, row, column) into (row, column, "
        "channel)",
        "Convert with kernel.reshape(channels, height, width, units).transpose(1, 2, 0, 3), or "
        "hand in PyTorch's state_dict itself, which is converted here.",
    )


def _with_rows(case: Case, order: np.ndarray) -> float:
    weights = case.weights | {"dense1/kernel": case.weights["dense1/kernel"][order]}
    return case.right(numpy_forward.classified(weights, case.rows))


def classes(case: Case) -> Repair:
    """Try the classes in the order in which most images are right."""
    counts = confusion(case.answers, case.tried.labels)
    order = _best_order(counts)
    reached = float(counts[order, np.arange(len(order))].sum() / counts.sum())
    told = ", ".join(f"{out} is {true}" for out, true in enumerate(order) if out != true)
    return Repair(
        "class-order",
        reached,
        "The classes are likely in another order than the course's.",
        f"when the outputs are renamed (output {told})",
        "Train with the course's numbers of the classes, or put the columns of dense2's kernel and "
        "its biases into their order.",
    )


def _best_order(counts: np.ndarray) -> list[int]:
    """Return the true class of each output for which most images are right."""
    outputs = range(len(counts))
    if len(counts) <= MOST_TRIED:
        return list(
            max(permutations(outputs), key=lambda order: counts[list(order), outputs].sum())
        )
    left, order = counts.astype(np.int64), [0] * len(counts)
    for _ in outputs:
        true, output = np.unravel_index(int(left.argmax()), left.shape)
        order[output] = int(true)
        left[true], left[:, output] = -1, -1
    return order
