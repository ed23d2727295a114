"""What each method took and needs: which was cheapest, which is easiest to use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.point import Point
from core.pruning.methods import CONTROLS, METHODS
from core.report.answers.answer import Table, times
from core.settings import describe


@dataclass(frozen=True)
class Cost:
    """What a method took: median seconds per network, and what it needs to be run."""

    method: str
    seconds: float
    settings: int
    needs_data: bool
    trains: bool


def costs(pruned: Sequence[Point]) -> list[Cost]:
    """Return every method's cost; the settings counted are the method's own."""
    found = []
    for name in dict.fromkeys(point.method for point in pruned):
        seconds = float(np.median([p.seconds for p in pruned if p.method == name]))
        method = METHODS.get(name)
        found.append(
            Cost(
                name,
                seconds,
                settings=len(describe(method.settings)) if method else 0,
                needs_data=bool(method and method.needs_data),
                trains=bool(method and method.trains),
            )
        )
    return found


def _choices(pruned: Sequence[Point]) -> list[Cost]:
    """Return the costs of the methods one would choose: controls are there to be beaten."""
    found = costs(pruned)
    return [cost for cost in found if cost.method not in CONTROLS] or found


def cheapest(pruned: Sequence[Point], labels: Mapping[str, str]) -> str:
    """Return which method took the least time a network, and which the most."""
    ordered = sorted(_choices(pruned), key=lambda c: c.seconds)
    low, high = ordered[0], ordered[-1]
    if len(ordered) > 1 and high.seconds < 1.05 * low.seconds:
        return f"All methods took about as long: a median of {low.seconds:.0f} s a network."
    if len(ordered) == 1:
        return f"{labels.get(low.method, low.method)} took {low.seconds:.0f} s a network."
    ratio = f", {times(high.seconds / low.seconds)} as long" if low.seconds else ""
    return (
        f"Cheapest was {labels.get(low.method, low.method)} with a median of {low.seconds:.0f} s a "
        f"network; dearest {labels.get(high.method, high.method)} with {high.seconds:.0f} s{ratio}."
    )


def easiest(pruned: Sequence[Point], labels: Mapping[str, str]) -> str:
    """Return which method needs least: no training of its own, no images, few settings."""
    easy = min(_choices(pruned), key=lambda c: (c.trains, c.needs_data, c.settings))
    needs = (
        "trains a sparse network of its own" if easy.trains else
        "reads images to choose" if easy.needs_data else "reads the weights alone"
    )  # fmt: skip
    count = f"{easy.settings} {'setting' if easy.settings == 1 else 'settings'} of its own"
    return f"Easiest to use was {labels.get(easy.method, easy.method)}: it {needs} and has {count}."


def cost_table(pruned: Sequence[Point], labels: Mapping[str, str]) -> Table:
    """Return one row of costs and needs per method."""
    rows = [
        {
            "method": labels.get(cost.method, cost.method),
            "median seconds a network": round(cost.seconds, 1),
            "own settings": cost.settings,
            "needs images": "yes" if cost.needs_data or cost.trains else "no",
            "trains of its own": "yes" if cost.trains else "no",
        }
        for cost in costs(pruned)
    ]
    return Table("What each method costs", rows)
