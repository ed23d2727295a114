"""What the numbers of an imported run must be, whatever its zip says of them."""

import math
from collections.abc import Iterable, Mapping

from core.errors import RecordError, SettingsError
from core.evaluation.point import Point
from core.evaluation.score import score
from core.pruning.search.proposals import Entry, plan_of
from core.pruning.search.spec import CompeteResult

LARGEST = 2**63 - 1  # what a database counts to
LONGEST_LABEL, LONGEST_NOTE, MOST_NOTES = 300, 2000, 100
SHARES = ("accuracy", "validation_accuracy", "sparsity", "score")
MOST_TRIES = 10_000
ROUNDING = 1e-6  # of numbers that were written as text


def check_competition(result: CompeteResult) -> None:
    """Refuse tries that no competition makes, or a winner that is none of the best tries.

    Raises RecordError with what is wrong.
    """
    if len(result.tried) > MOST_TRIES:
        raise RecordError(f"the competition has {len(result.tried):,} tries")
    for number, entry in enumerate(result.tried, 1):
        _check_try(f"try {number}", entry)
    point = result.point_of_best
    check_point(point)
    _check_score("the winner's score", point.score, point.accuracy, point.sparsity)
    if result.tried and not any(_is_of(point, each) for each in _best(result.tried)):
        raise RecordError("the winner's numbers are not those of the best try")


def _check_try(name: str, entry: Entry) -> None:
    check_numbers(dict(vars(entry)), name)
    _check_score(f"the score of {name}", entry.score, entry.accuracy, entry.sparsity)
    if entry.seconds < 0 or entry.epochs < 0:
        raise RecordError(f"{name} took less than no time")
    try:
        plan_of(entry.values, entry.epochs)
    except (TypeError, SettingsError) as error:
        raise RecordError(f"{name} has settings of no plan ({str(error)[:200]})") from error


def _check_score(name: str, told: float, accuracy: float, sparsity: float) -> None:
    if not math.isclose(told, score(accuracy, sparsity), abs_tol=ROUNDING):
        raise RecordError(
            f"{name} is {told:g}, but its accuracy and sparsity give {score(accuracy, sparsity):g}"
        )


def _best(tried: Iterable[Entry]) -> list[Entry]:
    """Return the tries that a competition may have chosen: one, or several that are as good."""
    tried = list(tried)
    most = max(entry.objective for entry in tried)
    return [entry for entry in tried if math.isclose(entry.objective, most, abs_tol=ROUNDING)]


def _is_of(point: Point, entry: Entry) -> bool:
    """Tell whether a try was of this network: it was judged on validation images."""
    pairs = ((point.validation_accuracy, entry.accuracy), (point.sparsity, entry.sparsity))
    return all(math.isclose(*pair, abs_tol=ROUNDING) for pair in pairs)


def check_point(point: Point) -> None:
    """Refuse a network's numbers that no measurement gives. Raises RecordError."""
    for name in SHARES:
        check_share(f"the {name}", getattr(point, name))
    for number in (point.epochs, point.seconds, point.latency_seconds or 0.0):
        if not math.isfinite(number) or number < 0:
            raise RecordError(f"a number of the network is {number}")
    check_numbers(point.to_json())
    classes = len(point.per_class_accuracy)
    if [len(row) for row in point.confusion] != [classes] * classes:
        raise RecordError("its confusion matrix does not have a row and a column for each class")
    if len(point.label) > LONGEST_LABEL or len(point.notes) > MOST_NOTES:
        raise RecordError("its label or its notes are endless")
    if any(len(note) > LONGEST_NOTE for note in point.notes):
        raise RecordError("one of its notes is endless")


def check_numbers(value: object, place: str = "its network") -> None:
    """Refuse numbers that no chart, no page's JSON and no sum can take, wherever they stand.

    Raises RecordError with the place.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise RecordError(f"{place} is {value}")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise RecordError(f"{place} is beyond counting")
    for name, part in _parts(value):
        if name in SHARES and isinstance(part, int | float):
            check_share(f"{place}, {name}", part)
        check_numbers(part, f"{place}, {str(name)[:40]}")


def _parts(value: object) -> Iterable[tuple[object, object]]:
    """Return what stands in a JSON value, by name or place."""
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list | tuple) else ()


def check_share(name: str, value: float) -> None:
    """Refuse what is no share of 1. Raises RecordError."""
    if not 0.0 <= value <= 1.0:  # not a number fails too
        raise RecordError(f"{name} is {value}, not between 0 and 1")
