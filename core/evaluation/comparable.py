"""Which networks of a selection compare: equal epochs, and sparsities that all methods share."""

from collections.abc import Iterable, Sequence

from core.evaluation.paired import level
from core.evaluation.point import Point

FEWEST_LEVELS = 2  # a front of one network has no area of its own


def by_method(points: Iterable[Point]) -> dict[str, list[Point]]:
    """Return method -> its points, in order of first appearance."""
    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(point.method, []).append(point)
    return groups


def equal_epochs(pruned: Sequence[Point]) -> list[Point]:
    """Return the points of the fine-tuning budget that most methods share, the longer of equals."""
    budgets: dict[float, set[str]] = {}
    for point in pruned:
        budgets.setdefault(point.epochs, set()).add(point.method)
    if not budgets:
        return []
    chosen = max(budgets, key=lambda epochs: (len(budgets[epochs]), epochs))
    return [point for point in pruned if point.epochs == chosen]


def at_shared_levels(alike: Sequence[Point]) -> tuple[dict[str, list[Point]], list[float]]:
    """Return the methods at the asked-for sparsities that all of them have, and those sparsities.

    Methods with one sparsity are left out. Nothing is returned where fewer than two methods or
    fewer than two sparsities are left: there is nothing to compare.
    """
    groups = {
        name: group
        for name, group in by_method(alike).items()
        if len({level(point) for point in group}) >= FEWEST_LEVELS
    }
    each = [{level(point) for point in group} for group in groups.values()]
    shared = sorted(set.intersection(*each)) if each else []
    if len(groups) < 2 or len(shared) < FEWEST_LEVELS:
        return {}, []
    kept = {n: [p for p in group if level(p) in shared] for n, group in groups.items()}
    return kept, shared
