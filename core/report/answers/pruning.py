"""Questions 1.3.1 and 1.3.2, answered from measured points."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.evaluation.axes import ACCURACY, SPARSITY
from core.evaluation.frontier import (
    Summary,
    best_by_validation,
    front,
    hypervolume_by_method,
    knee,
    over_seeds,
)
from core.evaluation.point import Point
from core.figures.comparison import area_bars, scatter
from core.figures.per_class import class_bars
from core.figures.theme import Chart
from core.lessons.method_cards import explained
from core.pruning.method import Method
from core.pruning.methods import CONTROLS, METHODS
from core.report.answers.answer import Answer, Table, listed, percent
from core.report.answers.method_costs import cheapest, cost_table, easiest
from core.runs.labels import method_labels
from core.runs.settings_phrase import settings_in_words

Q1 = "Which pruning methods were used, and how do they work?"
Q2 = "How do the methods compare? Which was best, which easiest, which cheapest?"
LEVELS_WANTED = 3
DENSE = "dense"


def pruning_answers(points: Sequence[Point], class_names: Sequence[str] = ()) -> list[Answer]:
    """Return answers 1.3.1 and 1.3.2; without pruned points they say what to run.

    class_names: of the data set; without them the classes are numbered.
    """
    pruned = [point for point in points if point.method != DENSE]
    if not pruned:
        text = "No pruned network was chosen. Start a sweep on the Prune page."
        return [Answer("1.3.1", Q1, missing=text), Answer("1.3.2", Q2, missing=text)]
    return [_methods_used(pruned), _comparison(points, pruned, class_names)]


def _methods_used(pruned: Sequence[Point]) -> Answer:
    names = list(dict.fromkeys(point.method for point in pruned))
    labels = method_labels()
    opening = (
        f"{len(names)} {'method' if len(names) == 1 else 'methods'} made {len(pruned)} networks: "
        f"{listed([labels.get(name, name) for name in names])}."
    )
    told = [_description(METHODS[name]) for name in names if name in METHODS]
    rows = [_usage(name, [p for p in pruned if p.method == name]) for name in names]
    return Answer("1.3.1", Q1, (opening, *told), (Table("How each method was used", rows),))


def _description(method: Method) -> str:
    text = " ".join(explained(method.doc, method.settings, method.paper).split())
    kind = "whole channels" if method.structured else "single weights"
    return f"{method.label} ({kind}; {method.paper}). {text}"


def _usage(name: str, points: Sequence[Point]) -> dict[str, Any]:
    levels = sorted({round(point.sparsity, 2) for point in points})
    return {
        "method": method_labels().get(name, name),
        "networks": len(points),
        "seeds": len({point.seed for point in points}),
        "sparsities": ", ".join(percent(level, 0) for level in levels),
        "fine-tuning epochs": ", ".join(f"{e:g}" for e in sorted({p.epochs for p in points})),
        "settings": settings_in_words(points),
    }


def _comparison(
    points: Sequence[Point], pruned: Sequence[Point], class_names: Sequence[str]
) -> Answer:
    labels = method_labels()
    sentences = [
        *_levels(pruned),
        _budget(pruned),
        _leader(pruned, labels),
        _best_score(pruned, labels),
        *_against_dense(points, pruned, labels),
        *_against_random(pruned, labels),
        *_noise(pruned, labels),
        *_bend(pruned, labels),
        cheapest(pruned, labels),
        easiest(pruned, labels),
    ]
    tables = (_level_table(pruned, labels), cost_table(pruned, labels))
    charts = (
        scatter(points, SPARSITY, ACCURACY, labels),
        area_bars(pruned, SPARSITY, ACCURACY, labels),
        _classes([*_dense(points), *front(pruned)[:5]], class_names),
    )
    return Answer("1.3.2", Q2, tuple(sentences), tables, charts)


def _classes(points: Sequence[Point], class_names: Sequence[str]) -> Chart:
    count = max(len(point.per_class_accuracy) for point in points)
    numbered = [f"class {number}" for number in range(1, count + 1)]
    names = class_names if len(class_names) == count else numbered
    values = {p.label or p.method: p.per_class_accuracy for p in points}
    return class_bars(values, names, change=False)


def _levels(pruned: Sequence[Point]) -> list[str]:
    levels = sorted({round(point.sparsity, 2) for point in pruned})
    if len(levels) >= LEVELS_WANTED:
        return [f"The frontier rests on {len(levels)} sparsities from {_span(levels)}."]
    return [
        f"Only {len(levels)} of the {LEVELS_WANTED} sparsities that a frontier needs were run: "
        f"{listed([percent(level, 0) for level in levels])}."
    ]


def _budget(pruned: Sequence[Point]) -> str:
    """Return whether the comparison is fair: the same epochs for every network."""
    budgets = sorted({point.epochs for point in pruned})
    if len(budgets) == 1:
        unit = "epoch" if budgets[0] == 1 else "epochs"
        return f"Every network had the same budget of {budgets[0]:g} fine-tuning {unit}."
    return (
        f"The budgets differ, from {budgets[0]:g} to {budgets[-1]:g} fine-tuning epochs: compare "
        "networks of equal epochs only."
    )


def _span(levels: Sequence[float]) -> str:
    return f"{percent(levels[0], 0)} to {percent(levels[-1], 0)}"


def _leader(pruned: Sequence[Point], labels: Mapping[str, str]) -> str:
    areas = hypervolume_by_method(pruned)
    best, *others = areas
    if not others:
        return f"{labels.get(best, best)} is the only method; its area is {areas[best]:.4f}."
    return (
        f"{labels.get(best, best)} covers the largest area under its front "
        f"({areas[best]:.4f} of 1), before {labels.get(others[0], others[0])} "
        f"with {areas[others[0]]:.4f}."
    )


def _best_score(pruned: Sequence[Point], labels: Mapping[str, str]) -> str:
    top = best_by_validation(pruned)
    if top is None or top.score == 0:
        return "No network is above the score's threshold."
    return (
        f"The best score is {top.score:.4f}, by {labels.get(top.method, top.method)} at "
        f"{percent(top.sparsity, 2)} sparsity with {percent(top.accuracy)} accuracy "
        f"(seed {top.seed}); validation images chose it. Fronts and areas are drawn on the "
        "holdout itself, where the best of many networks looks a little luckier than it is."
    )


def _dense(points: Sequence[Point]) -> list[Point]:
    return [point for point in points if point.method == DENSE][:1]


def _against_dense(
    points: Sequence[Point], pruned: Sequence[Point], labels: Mapping[str, str]
) -> list[str]:
    if not _dense(points):
        return []
    dense = _dense(points)[0]
    kept = [point for point in pruned if point.accuracy >= dense.accuracy]
    if not kept:
        nearest = max(pruned, key=lambda p: p.accuracy)
        return [
            f"No pruned network reaches the dense network's {percent(dense.accuracy)}; the nearest "
            f"has {percent(nearest.accuracy)} at {percent(nearest.sparsity)} sparsity."
        ]
    far = max(kept, key=lambda p: p.sparsity)
    return [
        f"Up to {percent(far.sparsity)} sparsity ({labels.get(far.method, far.method)}) a pruned "
        f"network is as accurate as the dense one ({percent(far.accuracy)} against "
        f"{percent(dense.accuracy)})."
    ]


def _against_random(pruned: Sequence[Point], labels: Mapping[str, str]) -> list[str]:
    floors = [summary for summary in over_seeds(pruned) if summary.method in CONTROLS]
    if not floors:
        return []
    worse = {
        summary.method
        for summary in over_seeds(pruned)
        for floor in floors
        if summary.method not in CONTROLS
        and abs(summary.x - floor.x) < 0.005
        and summary.y <= floor.y
    }
    if not worse:
        return ["Every method beats random pruning wherever both were run."]
    names = listed([labels.get(name, name) for name in sorted(worse)])
    return [f"At some sparsity {names} did not beat random pruning."]


def _noise(pruned: Sequence[Point], labels: Mapping[str, str]) -> list[str]:
    """Return how sure the order of the two best methods is, from seeds and the holdout's size."""
    images = sum(sum(row) for row in pruned[0].confusion)
    rivals = _two_best_at_one_level(over_seeds(pruned))
    if rivals is None or not images:
        return []
    one, other = rivals
    error = math.hypot(_standard_error(one, images), _standard_error(other, images))
    gap = one.y - other.y
    verdict = "more" if gap > 2 * error else "less"
    return [
        f"At {percent(one.x, 0)} sparsity {labels.get(one.method, one.method)} leads "
        f"{labels.get(other.method, other.method)} by {gap * 100:.1f} points; that is {verdict} "
        f"than two standard errors ({2 * error * 100:.1f} points with {images:,} holdout images "
        f"and {_seeds(min(len(one.seeds), len(other.seeds)))})."
    ]


def _seeds(count: int) -> str:
    return "one seed" if count == 1 else f"{count} seeds"


def _standard_error(summary: Summary, images: int) -> float:
    """Return the larger of the error from the images and the error from the seeds."""
    from_images = math.sqrt(summary.y * (1 - summary.y) / images)
    if math.isnan(summary.y_spread):
        return from_images
    return max(from_images, summary.y_spread / math.sqrt(len(summary.seeds)))


def _two_best_at_one_level(summaries: Sequence[Summary]) -> tuple[Summary, Summary] | None:
    """Return the best two methods at the highest sparsity where two were run."""
    levels: dict[float, dict[str, Summary]] = {}
    for summary in summaries:
        group = levels.setdefault(round(summary.x, 2), {})
        known = group.get(summary.method)
        if known is None or summary.y > known.y:
            group[summary.method] = summary
    shared = [level for level, group in levels.items() if len(group) > 1]
    if not shared:
        return None
    one, other, *_ = sorted(levels[max(shared)].values(), key=lambda s: -s.y)
    return one, other


def _bend(pruned: Sequence[Point], labels: Mapping[str, str]) -> list[str]:
    bend = knee(pruned)
    if bend is None:
        return []
    return [
        f"The front bends at {percent(bend.sparsity)} ({labels.get(bend.method, bend.method)}, "
        f"{percent(bend.accuracy)}): beyond it each zero costs more accuracy than before."
    ]


def _level_table(pruned: Sequence[Point], labels: Mapping[str, str]) -> Table:
    rows = [
        {
            "method": labels.get(summary.method, summary.method),
            "sparsity": percent(summary.x, 2),
            "accuracy": percent(summary.y, 2),
            "± over seeds": "–" if math.isnan(summary.y_spread) else percent(summary.y_spread, 2),
            "seeds": len(summary.seeds),
        }
        for summary in sorted(over_seeds(pruned), key=lambda s: (s.method, s.x))
    ]
    return Table("Accuracy by method and sparsity (holdout)", rows)
