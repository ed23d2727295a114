"""Networks as tries of a search: what was set, and what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from core.evaluation.differences import ABSENT, SEED, differences
from core.evaluation.point import Point
from core.evaluation.score import score
from core.text import percent, score_text

MOST_LEVELS = 5  # numbers with more values are put into classes
CLASSES = 4
NAMED = {"label": "recipe", "came from": "dense network"}


@dataclass(frozen=True)
class Goal:
    """What a search is judged by. of: a point -> its value, higher is better. text: of a value."""

    key: str
    label: str
    of: Callable[[Point], float]
    text: Callable[[float], str]


def _score(point: Point) -> float:
    return score(point.validation_accuracy, point.sparsity)


GOALS = {
    "accuracy": Goal("accuracy", "Validation accuracy", attrgetter("validation_accuracy"), percent),
    "score": Goal("score", "Validation score", _score, score_text),
}


@dataclass(frozen=True)
class Try:
    """One network of a search. settings: what differs in the search. value: of the goal."""

    id: str
    label: str
    settings: Mapping[str, object]
    value: float


def tries_of(points: Sequence[Point], goal: Goal) -> list[Try]:
    """Return the networks that have a plan, with the settings that differ between them.

    Seeds repeat a try and are no setting. Settings that only some methods have are left out, and
    so are networks that were measured elsewhere.
    """
    planned = [point for point in points if point.plan and not point.imported]
    told = [each for each in differences(planned) if each.setting != SEED]
    shared = [each for each in told if ABSENT not in each.values.values()]
    return [
        Try(
            point.id,
            point.label,
            {NAMED.get(each.setting, each.setting): each.values[point.id] for each in shared},
            goal.of(point),
        )
        for point in planned
    ]


@dataclass(frozen=True)
class Factor:
    """A setting as classes. codes: (tries,) the class of each. levels: what classes are called."""

    name: str
    codes: np.ndarray
    levels: tuple[str, ...]


def factor(name: str, values: Sequence[object]) -> Factor:
    """Return a setting as classes: its values, or ranges that hold equally many of many numbers."""
    numbers = [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) == len(values):
        return _of_numbers(name, np.array(numbers))
    levels = sorted({str(value) for value in values})
    codes = np.array([levels.index(str(value)) for value in values])
    return Factor(name, codes, tuple(levels))


def _of_numbers(name: str, numbers: np.ndarray) -> Factor:
    found, codes = np.unique(numbers, return_inverse=True)
    if len(found) <= MOST_LEVELS:
        return Factor(name, codes, tuple(f"{number:g}" for number in found))
    edges = np.unique(np.quantile(numbers, np.arange(1, CLASSES) / CLASSES))
    codes = np.searchsorted(edges, numbers, side="right")
    kept, codes = np.unique(codes, return_inverse=True)
    ranges = [numbers[codes == number] for number in range(len(kept))]
    return Factor(name, codes, tuple(f"{each.min():g} to {each.max():g}" for each in ranges))
