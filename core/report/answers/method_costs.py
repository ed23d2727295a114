"""What each method took and needs: which was cheapest, which is easiest to use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.comparable import equal_epochs
from core.evaluation.point import Point
from core.pruning.controls import is_control
from core.pruning.methods import METHODS
from core.report.answers.answer import Table
from core.report.answers.pruning_claims import epochs_said
from core.settings import describe
from core.text import listed, plural, times


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
    """Return the costs of the methods one would choose: random pruning is only the control."""
    found = costs(pruned)
    return [cost for cost in found if not is_control(cost.method)] or found


def cheapest(pruned: Sequence[Point], labels: Mapping[str, str]) -> list[str]:
    """Return which method took the least time a network at equal epochs, and which the most."""
    alike = equal_epochs(pruned)
    ordered = sorted(_choices(alike), key=lambda c: c.seconds)
    low, high = ordered[0], ordered[-1]
    first, last = (labels.get(each.method, each.method) for each in (low, high))
    when = epochs_said(alike[0].epochs)
    if len(ordered) == 1:
        return [f"{first} took a median of {low.seconds:.1f} s a network {when}."]
    if high.seconds < 1.05 * low.seconds:
        return [
            f"The medians of all methods lie within 5% of {low.seconds:.1f} s a network {when}."
        ]
    ratio = f", {times(high.seconds / low.seconds)} as long" if low.seconds else ""
    return [
        f"Cheapest {when} was {first} with a median of {low.seconds:.1f} s a network; most "
        f"expensive {last} with {high.seconds:.1f} s{ratio}."
    ]


def easiest(pruned: Sequence[Point], labels: Mapping[str, str]) -> str:
    """Return which methods need least: no training of their own, no images, few settings."""
    choices = _choices(pruned)
    needs = min((c.trains, c.needs_data, c.settings) for c in choices)
    easy = [c.method for c in choices if (c.trains, c.needs_data, c.settings) == needs]
    what = (
        "a sparse training of its own" if needs[0] else
        "images to choose by" if needs[1] else "nothing but the weights"
    )  # fmt: skip
    names = listed([labels.get(name, name) for name in easy])
    each = "each needs" if len(easy) > 1 else "it needs"
    return f"Fewest needs: {names}; {each} {what} and has {plural(needs[2], 'setting')} of its own."


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
