"""Which images the dots of a frontier were measured on, where there are two sets of them."""

from core.evaluation.axes import ACCURACY
from core.text import listed

STAR = "star"  # meta of the trace of a network that is still being trained


def accuracy_title(measured: bool, learning: bool = False, cuts: bool = False) -> str:
    """Return the title of an axis of accuracies, with the set of every kind of dot on it.

    measured: networks on the holdout. learning: an open star, cuts: hollow dots, both on
    validation images.
    """
    validated = [name for name, is_there in (("open star", learning), ("cut once", cuts))
                 if is_there]  # fmt: skip
    if not validated:
        return ACCURACY.title
    if not measured:
        return f"{ACCURACY.label} (validation)"
    return f"{ACCURACY.label} (holdout; {listed(validated)}: validation)"
