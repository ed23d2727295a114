"""What Network Slimming's scales had become when its networks were cut, from the runs' notes."""

from collections.abc import Mapping, Sequence

from core.evaluation.point import Point
from core.pruning.sparse_training.gammas import NEAR, Gammas, gammas_of
from core.text import percent, plural

MOSTLY = 0.9  # of the channels that went: then the penalty has done what it is for


def about_gamma(points: Sequence[Point], labels: Mapping[str, str]) -> list[str]:
    """Say in how many networks the channels that went had a scale near zero."""
    found = [each for point in points if (each := gammas_of(point.notes))]
    if not found:
        return []
    name = labels.get("slimming", "slimming")
    driven = [each for each in found if each.near >= MOSTLY * each.cut]
    least = percent(min(map(_share, found)), 0)
    below = f"had |γ| below {NEAR:g} when they were cut"
    if len(driven) == len(found):
        return [f"{name}: in {_all(found)}, at least {least} of the channels that went {below}."]
    return [
        f"{name}: in {len(found) - len(driven)} of {plural(len(found), 'network')}, fewer than "
        f"{percent(MOSTLY, 0)} of the channels that went {below} (in one of them {least}): there "
        "the penalty has not driven γ to zero."
    ]


def _all(found: Sequence[Gammas]) -> str:
    return "its network" if len(found) == 1 else f"each of its {len(found)} networks"


def _share(found: Gammas) -> float:
    return found.near / found.cut
