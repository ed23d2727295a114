"""Sentences about pruned networks, each with the condition under which it was computed.

Networks are compared only at equal fine-tuning epochs, and with the dense network that they came
from. What is best is chosen on validation images; what is reported of it is the holdout's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from core.evaluation.comparable import at_shared_levels, by_method, equal_epochs
from core.evaluation.frontier import best_by_validation, front, hypervolume, knee
from core.evaluation.paired import Lead, lead, level, pairs
from core.evaluation.point import Point
from core.evaluation.score import THRESHOLD
from core.pruning.controls import contenders, is_control
from core.pruning.methods import METHODS
from core.report.answers.chance import better_somewhere, guessed
from core.text import listed, percent, plural

DENSE = "dense"
LEVELS_WANTED = 3
APART = 0.005  # sparsities nearer than half a point are one level
DENSE_SAID = 3  # dense networks that get a sentence of their own

Labels = Mapping[str, str]


def named(labels: Labels, names: Iterable[str]) -> str:
    """Return the labels of methods as a phrase."""
    return listed([labels.get(name, name) for name in names])


def distinct_levels(points: Iterable[Point]) -> list[float]:
    """Return the sparsities at which points lie, in order, those within half a point as one."""
    found: list[float] = []
    for sparsity in sorted(point.sparsity for point in points):
        if not found or sparsity - found[-1] >= APART:
            found.append(sparsity)
    return found


def epochs_said(count: float) -> str:
    """Return a budget in words: "after 6 epochs of fine-tuning"."""
    if count == 0:
        return "without fine-tuning"
    return f"after {count:g} {'epoch' if count == 1 else 'epochs'} of fine-tuning"


def levels(pruned: Sequence[Point], labels: Labels) -> list[str]:
    """Say at how many sparsities each method was run: a frontier needs three of its own."""
    counts = {name: len(distinct_levels(group)) for name, group in by_method(pruned).items()}
    few = [name for name, count in counts.items() if count < LEVELS_WANTED]
    if not few:
        span = distinct_levels(pruned)
        return [
            f"Every method was run at {min(counts.values())} or more sparsities, "
            f"{percent(span[0], 0)} to {percent(span[-1], 0)} in all."
        ]
    return [
        f"A frontier needs {LEVELS_WANTED} sparsities; fewer were run with {named(labels, few)}."
    ]


def largest_area(pruned: Sequence[Point], labels: Labels) -> list[str]:
    """Rank the areas under the fronts, over the sparsities that all compared methods share."""
    alike = equal_epochs(better_somewhere(pruned))
    groups, shared = at_shared_levels(alike)
    if not groups or any(all(map(guessed, group)) for group in groups.values()):
        return []
    by_choice = {name: hypervolume(_as_validated(group)) for name, group in groups.items()}
    best, *others = sorted(groups, key=lambda name: -by_choice[name])
    areas = {name: hypervolume(group) for name, group in groups.items()}
    runner_up = max(others, key=lambda name: areas[name])
    return [
        f"Over the sparsities that {named(labels, groups)} share "
        f"({listed([percent(each, 0) for each in shared])}), {epochs_said(alike[0].epochs)}, "
        f"validation images give {labels.get(best, best)} the largest area under its front. On "
        f"the holdout that area is {areas[best]:.4f}; the largest of the others is "
        f"{areas[runner_up]:.4f}, of {labels.get(runner_up, runner_up)}"
        f"{_how_sure(groups[best], groups[runner_up])}."
    ]


def _how_sure(ours: Sequence[Point], theirs: Sequence[Point]) -> str:
    """Return how much more accurate the networks under one front are, and whether that is clear."""
    ahead = lead(pairs(ours, theirs))
    if ahead is None:
        return ""
    more = "more" if abs(ahead.mean) > 2 * ahead.error else "no more"
    return (
        f": {abs(ahead.mean) * 100:.1f} points of accuracy {'less' if ahead.mean > 0 else 'more'} "
        f"on average over {plural(ahead.pairs, 'pair')} of networks, {more} than two standard "
        "errors"
    )


def _as_validated(points: Iterable[Point]) -> list[Point]:
    return [replace(point, accuracy=point.validation_accuracy) for point in points]


def best_score(pruned: Sequence[Point], labels: Labels) -> str:
    """Return the score of the network that validation images choose, or that there is none."""
    if not any(point.score > 0 for point in pruned):
        return (
            f"No network scores above 0 on the holdout: that needs an accuracy above "
            f"{percent(THRESHOLD, 0)}."
        )
    top = best_by_validation(contenders(pruned))
    assert top is not None
    others = "" if top is best_by_validation(pruned) else " but the controls"
    return (
        f"Of all networks{others}, validation images choose {labels.get(top.method, top.method)} "
        f"at {percent(top.sparsity, 2)} sparsity {epochs_said(top.epochs)} (seed {top.seed}): its "
        f"score on the holdout is {top.score:.4f}, with {percent(top.accuracy)} accuracy. "
        "Fronts are drawn on the holdout itself, where the best of many networks looks a little "
        "luckier than it is."
    )


def against_dense(points: Sequence[Point], pruned: Sequence[Point], labels: Labels) -> list[str]:
    """Say up to which sparsity nothing was lost, for each dense network and its own descendants."""
    known = {point.id: point for point in points}
    families: dict[str, list[Point]] = {}
    for point in pruned:
        families.setdefault(_root(point, known), []).append(point)
    dense = [known[root] for root in families if root in known and known[root].method == DENSE]
    said = [_kept(each, families[each.id], labels) for each in dense[:DENSE_SAID]]
    left = len(dense) - len(said)
    more = f"{left} more dense {'network is' if left == 1 else 'networks are'} in the table."
    return [*said, more] if left else said


def _root(point: Point, known: Mapping[str, Point]) -> str:
    seen = {point.id}
    while point.parent in known and point.parent not in seen and point.method != DENSE:
        point = known[point.parent]
        seen.add(point.id)
    return point.id


def _kept(dense: Point, family: Sequence[Point], labels: Labels) -> str:
    best = [_best_at(family, sparsity) for sparsity in distinct_levels(family)]
    kept = next((i for i, p in enumerate(best) if p.accuracy < dense.accuracy), len(best))
    whose = f"{dense.label or 'the dense network'} ({percent(dense.accuracy)})"
    if kept == 0:
        lowest = best[0]
        return (
            f"At {percent(lowest.sparsity)}, the lowest sparsity run, the best network by "
            f"validation has {percent(lowest.accuracy)}: less than {whose}."
        )
    far = best[kept - 1]
    return (
        f"At every sparsity run up to {percent(far.sparsity)} the best network by validation is "
        f"at least as accurate as {whose}; there it is {labels.get(far.method, far.method)} with "
        f"{percent(far.accuracy)}."
    )


def _best_at(family: Sequence[Point], sparsity: float) -> Point:
    here = [point for point in family if 0 <= point.sparsity - sparsity < APART]
    return max(here, key=lambda point: point.validation_accuracy)


def against_random(pruned: Sequence[Point], labels: Labels) -> list[str]:
    """Say where each method beats the random pruning of its own kind, and where it does not."""
    groups = by_method(pruned)
    controls = [name for name in groups if is_control(name)]
    sentences = []
    for name in (name for name in groups if not is_control(name)):
        for control in (each for each in controls if _same_kind(name, each)):
            sentences += _beaten(groups[name], groups[control], labels)
    return sentences


def _same_kind(method: str, control: str) -> bool:
    known = method in METHODS and control in METHODS
    return known and METHODS[method].structured == METHODS[control].structured


def _beaten(ours: Sequence[Point], theirs: Sequence[Point], labels: Labels) -> list[str]:
    at: dict[float, Lead] = {}
    for sparsity in sorted({level(point) for point in ours}):
        found = lead(pairs([p for p in ours if level(p) == sparsity], theirs))
        if found is not None:
            at[sparsity] = found
    if not at:
        return []
    parts = [
        _where("beats", [s for s, each in at.items() if each.is_clear]),
        _where("is behind", [s for s, each in at.items() if each.is_behind]),
        _where(
            "is within two standard errors of",
            [s for s, each in at.items() if not each.is_clear and not each.is_behind],
        ),
    ]
    name, control = (labels.get(group[0].method, group[0].method) for group in (ours, theirs))
    told = listed([part for part in parts if part])
    return [
        f"From the same dense network and with equal epochs, {name} against {control} "
        f"({_pairs_said([each.pairs for each in at.values()])}): it {told}."
    ]


def _pairs_said(counts: Sequence[int]) -> str:
    """Return how many pairs of networks there are at each sparsity."""
    low, high = min(counts), max(counts)
    if high == 1:
        return "one pair of networks at each sparsity, so the spread over seeds is not known"
    range_said = f"{high}" if low == high else f"{low} to {high}"
    return f"{range_said} pairs of networks at each sparsity"


def _where(verb: str, levels_of_it: Sequence[float]) -> str:
    if not levels_of_it:
        return ""
    return f"{verb} it at {listed([percent(each, 0) for each in levels_of_it])}"


def bend(pruned: Sequence[Point], labels: Labels) -> list[str]:
    """Say where the front bends, and what a point of sparsity costs before and after."""
    line = front(_apart(contenders(pruned)))
    others = "" if line == front(_apart(pruned)) else " without controls"
    middle = knee(line)
    if middle is None:
        return []
    ends = sorted((line[0], line[-1]), key=lambda point: point.sparsity)
    before, after = (
        100 * (b.accuracy - a.accuracy) / (100 * (a.sparsity - b.sparsity))
        for a, b in pairwise((ends[0], middle, ends[1]))
    )
    if f"{before:.2f}" == f"{after:.2f}":
        return []
    return [
        f"The front{others} bends at {percent(middle.sparsity)} "
        f"({labels.get(middle.method, middle.method)}, {percent(middle.accuracy)}): from "
        f"{percent(ends[0].sparsity)} on, a point of sparsity costs {before:.2f} points of "
        f"accuracy on average, beyond the bend {after:.2f}."
    ]


def _apart(points: Sequence[Point]) -> list[Point]:
    """Return the best point by validation of every level: a bend needs sparsities that differ."""
    return [_best_at(points, sparsity) for sparsity in distinct_levels(points)]
