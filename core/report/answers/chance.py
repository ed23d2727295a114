"""Networks that guess: said once, and kept out of what ranks methods."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from core.evaluation.paired import holdout_images, level
from core.evaluation.point import Point
from core.text import listed, percent, plural

Group = tuple[str, float, float]


def answers_one_class(point: Point) -> bool:
    """Tell whether every holdout image gets the same answer, of several there are."""
    columns = np.asarray(point.confusion).sum(axis=0) if len(point.confusion) > 1 else np.ones(2)
    return int(np.count_nonzero(columns)) == 1


def guesses(point: Point) -> bool:
    """Tell whether a network is at or below chance, within two standard errors, or says one class.

    On the holdout, so for what is said, not for what is chosen.
    """
    return _is_at_chance(point, point.accuracy) or (
        holdout_images(point) > 0 and answers_one_class(point)
    )


def guessed(point: Point) -> bool:
    """Tell whether a network is at or below chance on validation images, by which is chosen."""
    return _is_at_chance(point, point.validation_accuracy)


def _is_at_chance(point: Point, accuracy: float) -> bool:
    """Chance is one in as many as there are classes; validation and holdout are of one size."""
    images, classes = holdout_images(point), len(point.confusion)
    if classes < 2 or not images:
        return False
    chance = 1 / classes
    return accuracy <= chance + 2 * math.sqrt(chance * (1 - chance) / images)


def better_somewhere(pruned: Sequence[Point]) -> list[Point]:
    """Return the networks without those of methods of which all, with those epochs, guess."""
    better = {(point.method, point.epochs) for point in pruned if not guessed(point)}
    return [point for point in pruned if (point.method, point.epochs) in better]


def better_there(pruned: Sequence[Point]) -> list[Point]:
    """Return the networks without those of a method's where all at that sparsity guess.

    Where only some do they stay: a method is not judged by the seeds that went well.
    """
    better = {_group(point) for point in pruned if not guessed(point)}
    return [point for point in pruned if _group(point) in better]


def about_guesses(pruned: Sequence[Point], labels: Mapping[str, str]) -> list[str]:
    """Say which networks guess, how many of them answer one class, and what follows."""
    found = [point for point in pruned if guesses(point)]
    if not found:
        return []
    chances = sorted({1 / len(point.confusion) for point in found})
    alone = sum(map(answers_one_class, found))
    said = f" or the same class for every image ({alone} of them)" if alone else ""
    return [
        f"{len(found)} of {plural(len(pruned), 'network')} cannot be told from guessing on the "
        f"holdout ({_where(found, labels)}): an accuracy that is at most two standard errors above "
        f"chance ({listed([percent(each) for each in chances])}){said}. "
        "No method is ranked where all of its networks do on validation images."
    ]


def _where(found: Sequence[Point], labels: Mapping[str, str]) -> str:
    at: dict[str, set[float]] = {}
    for point in found:
        at.setdefault(point.method, set()).add(level(point))
    return "; ".join(
        f"{labels.get(name, name)} at {listed([percent(s, 0) for s in sorted(sparsities)])}"
        for name, sparsities in at.items()
    )


def _group(point: Point) -> Group:
    return point.method, level(point), point.epochs
