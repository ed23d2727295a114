"""Long curves drawn with as many points as a screen can show."""

import math
from collections.abc import Iterable, Sequence

MOST_DRAWN = 1000  # points of one curve; a page has about as many pixels
KEPT = 2  # of each piece: its lowest and its highest point


def thinned(values: Sequence[float | None], most: int = MOST_DRAWN) -> Sequence[int]:
    """Return the positions that are drawn: all of a short curve, else the extremes of each piece.

    A curve keeps its ends, its peaks and its dips; a gap (None, or not finite) is kept as a gap.
    most: points, about; pieces grow by doubling, so that a curve that grows keeps its shape.
    """
    if len(values) <= most:
        return range(len(values))
    size = 1 << math.ceil(math.log2(KEPT * len(values) / most))
    kept = {0, len(values) - 1}
    for start in range(0, len(values), size):
        kept.update(_extremes(values, range(start, min(start + size, len(values)))))
    return sorted(kept)


def _extremes(values: Sequence[float | None], piece: Iterable[int]) -> set[int]:
    known: list[int] = []
    gap: list[int] = []
    for place in piece:
        value = values[place]
        (known if value is not None and math.isfinite(value) else gap).append(place)
    if not known:
        return {gap[0]}
    ends = {min(known, key=values.__getitem__), max(known, key=values.__getitem__)}  # type: ignore[arg-type]
    return ends | set(gap[:1])
