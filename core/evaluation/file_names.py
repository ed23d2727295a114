"""What a network's file is called when it is downloaded (docs/decisions/0201)."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from core.evaluation.point import Point

HAND_IN = "my_model_weights.h5"
HAND_IN_HELP = "So named because the assignment takes it under this name."
SHORT = 8  # of a run's id


def cut_name(name: str, method: str, sparsity: float) -> str:
    """Return the name of a file that is none to hand in: my_model_weights-magnitude-95.h5.

    name: of the file in its run's folder. sparsity: share of zeros, kept to four digits.
    """
    path = PurePath(name)
    return f"{path.stem}-{method}-{100 * sparsity:.4g}{path.suffix}"


def names_beside(networks: Sequence[tuple[str, Point]]) -> list[str]:
    """Return the names of files that are offered side by side, all different.

    networks: (name of the file in its run's folder, what was measured of it).
    """
    names = [
        cut_name(name, point.method, point.sparsity) if point.zeros else name
        for name, point in networks
    ]
    often = Counter(names)
    return [
        _with_run(name, point.id) if often[name] > 1 else name
        for name, (_, point) in zip(names, networks, strict=True)
    ]


def _with_run(name: str, id: str) -> str:
    path = PurePath(name)
    return f"{path.stem}-{id[:SHORT]}{path.suffix}"
