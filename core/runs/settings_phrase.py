"""Settings as a phrase: what all runs of a group share, and what was varied."""

from collections.abc import Sequence

from core.evaluation.differences import flat
from core.evaluation.point import Point
from core.pruning.stored_plan import with_defaults

OBVIOUS = {"method", "sparsity", "epochs", "label"}


def settings_in_words(points: Sequence[Point]) -> str:
    """Return "name value" of every setting, several values joined by "/".

    A setting that all stored plans leave out has its default everywhere and is not named.
    """
    values: dict[str, list[object]] = {}
    for point in with_defaults(points):
        for name, value in flat(point.plan).items():
            if name not in OBVIOUS and value not in values.setdefault(name, []):
                values[name].append(value)
    return ", ".join(f"{name} {'/'.join(map(str, found))}" for name, found in values.items())
