"""Whether one method beats another: paired networks, and two standard errors between them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.counts import images_of
from core.evaluation.point import Point

Pair = tuple[Point, Point]
Measured = tuple[float, int]
Key = tuple[str, int, float, float, str]


@dataclass(frozen=True)
class Lead:
    """How much more accurate one side is, over pairs of networks that differ in the method only.

    mean: accuracy of the first minus that of the second. error: standard error of that mean.
    """

    mean: float
    error: float
    pairs: int

    @property
    def is_clear(self) -> bool:
        """Whether the first beats the second: by more than two standard errors."""
        return self.mean > 2 * self.error

    @property
    def is_behind(self) -> bool:
        """Whether the second beats the first."""
        return self.mean < -2 * self.error


def level(point: Point) -> float:
    """Return the sparsity that was asked for, of a network without a plan its own to 1%."""
    asked = point.plan.get("sparsity")
    return float(asked) if isinstance(asked, int | float) else round(point.sparsity, 2)


def circumstances(point: Point) -> Key:
    """Return what two networks must share: parent, seed, epochs, sparsity, whose recipe."""
    recipe = str(point.plan.get("label", ""))
    return point.parent, point.seed, point.epochs, level(point), recipe


def pairs(ours: Iterable[Point], theirs: Iterable[Point]) -> list[Pair]:
    """Return the pairs in the same circumstances; of several candidates the first of each side."""
    first: dict[Key, Point] = {}
    for point in theirs:
        first.setdefault(circumstances(point), point)
    found: dict[Key, Pair] = {}
    for point in ours:
        key = circumstances(point)
        if key in first:
            found.setdefault(key, (point, first[key]))
    return list(found.values())


def lead(paired: Sequence[Pair]) -> Lead | None:
    """Return how far the first of each pair leads in holdout accuracy, None without pairs.

    The error is the larger of two: of the differences' spread over the pairs, and of the finite
    number of holdout images (as if both networks had seen different ones: never too small). More
    pairs do not make that one smaller, as all are judged by the same images.
    """
    return lead_of([(_measured(one), _measured(other)) for one, other in paired])


def lead_of(paired: Sequence[tuple[Measured, Measured]]) -> Lead | None:
    """Return the same of bare numbers: (accuracy, how many images it was measured on)."""
    if not paired:
        return None
    differences = [one[0] - other[0] for one, other in paired]
    from_images = math.sqrt(np.mean([_variance(*a) + _variance(*b) for a, b in paired]))
    spread = float(np.std(differences, ddof=1)) if len(paired) > 1 else 0.0
    error = max(from_images, spread / math.sqrt(len(paired)))
    return Lead(float(np.mean(differences)), error, len(paired))


def holdout_images(point: Point) -> int:
    """Return how many holdout images the point was measured on."""
    return images_of(point.confusion)


def _measured(point: Point) -> Measured:
    return point.accuracy, holdout_images(point)


def _variance(accuracy: float, images: int) -> float:
    return accuracy * (1 - accuracy) / images if images else 0.0
