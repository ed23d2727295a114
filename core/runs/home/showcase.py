"""The best networks of the data set that was worked on last: a small frontier for the home page."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.evaluation.frontier import best_by_validation
from core.evaluation.point import Point
from core.pruning.controls import contenders, drawn_front
from core.runs.finished.networks import Network
from core.runs.selection import told_apart

MOST_DOTS, MOST_NAMED = 40, 3


@dataclass(frozen=True)
class Showcase:
    """A few networks of one data set.

    points: dense networks they come from, the front, and beside it the newest, at most MOST_DOTS.
    best: on validation images, the best first. on_front, networks: how many there are of all.
    """

    data: str
    points: tuple[Point, ...]
    best: tuple[Point, ...]
    on_front: int
    networks: int


def showcase(networks: Sequence[Network]) -> Showcase | None:
    """Return the small frontier of the newest network's data set, None without networks.

    networks: newest first.
    """
    if not networks:
        return None
    data = networks[0].data
    points = [network.point for network in networks if network.data == data]
    line = drawn_front(points)
    best = _best(points)
    shown = _unique([*_roots(points), *best, *line, *points])[:MOST_DOTS]
    named = {point.id: point for point in told_apart(shown)}
    return Showcase(
        data=data,
        points=tuple(named.values()),
        best=tuple(named[point.id] for point in best),
        on_front=len(line),
        networks=len(points),
    )


def _roots(points: Sequence[Point]) -> list[Point]:
    """Return the newest dense network that others were pruned from."""
    parents = {point.parent for point in points}
    return [point for point in points if point.id in parents][:1]


def _best(points: Sequence[Point]) -> list[Point]:
    pruned = contenders([point for point in points if point.zeros and not point.imported])
    best: list[Point] = []
    while len(best) < MOST_NAMED:
        rest = [point for point in pruned if point not in best]
        chosen = best_by_validation(rest)
        if chosen is None:
            break
        best.append(chosen)
    return best


def _unique(points: Sequence[Point]) -> list[Point]:
    return list({point.id: point for point in points}.values())
