"""Questions 1.3.1 and 1.3.2, answered from measured points."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from core.evaluation.axes import ACCURACY, AXES, KEPT, SPARSITY
from core.evaluation.comparable import by_method, equal_epochs
from core.evaluation.frontier import front, over_seeds
from core.evaluation.paired import holdout_images, lead, level, pairs
from core.evaluation.point import Point
from core.figures.comparison import area_bars
from core.figures.frontier.chart import frontier_chart
from core.figures.per_class import class_bars
from core.figures.theme import Chart
from core.lessons.method_cards import explained
from core.pruning.controls import is_control
from core.pruning.method import Method
from core.pruning.methods import METHODS
from core.report.answers.answer import Answer, Row, Table
from core.report.answers.chance import about_guesses, better_there
from core.report.answers.gamma import about_gamma
from core.report.answers.method_costs import cheapest, cost_table, easiest
from core.report.answers.pruning_claims import (
    DENSE,
    against_dense,
    against_random,
    bend,
    best_score,
    epochs_said,
    largest_area,
    levels,
)
from core.runs.labels import method_labels
from core.runs.settings_phrase import settings_in_words
from core.text import listed, percent, plural

MOST_SHOWN = 5  # networks in the chart of classes
Q1 = "Which pruning methods were used, and how do they work?"
Q2 = "How do the methods compare? Which was best, which easiest, which cheapest?"


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
    measured = about_gamma(pruned, labels)
    return Answer(
        "1.3.1", Q1, (opening, *told, *measured), (Table("How each method was used", rows),)
    )


def _description(method: Method) -> str:
    text = " ".join(explained(method.doc, method.settings, method.paper).split())
    kind = "whole channels" if method.structured else "single weights"
    return f"{method.label} ({kind}; {method.paper}). {text}"


def _usage(name: str, points: Sequence[Point]) -> Row:
    sparsities = sorted({round(point.sparsity, 2) for point in points})
    return {
        "method": method_labels().get(name, name),
        "networks": len(points),
        "seeds": len({point.seed for point in points}),
        "sparsities": ", ".join(percent(each, 0) for each in sparsities),
        "fine-tuning epochs": ", ".join(f"{e:g}" for e in sorted({p.epochs for p in points})),
        "settings": settings_in_words(points),
    }


def _comparison(
    points: Sequence[Point], pruned: Sequence[Point], class_names: Sequence[str]
) -> Answer:
    labels = method_labels()
    sentences = [
        *levels(pruned, labels),
        _budget(pruned),
        *about_guesses(pruned, labels),
        *largest_area(pruned, labels),
        best_score(pruned, labels),
        *against_dense(points, pruned, labels),
        *against_random(pruned, labels),
        *_two_best(better_there(pruned), labels),
        *bend(pruned, labels),
        *cheapest(pruned, labels),
        easiest(pruned, labels),
    ]
    tables = (_level_table(pruned, labels), cost_table(pruned, labels))
    charts = (
        frontier_chart(points, KEPT, ACCURACY, labels, boxes=True),
        area_bars(pruned, SPARSITY, ACCURACY, labels),
        _classes([*_dense(points), *_shown(pruned)], class_names),
    )
    return Answer("1.3.2", Q2, tuple(sentences), tables, charts)


def _classes(points: Sequence[Point], class_names: Sequence[str]) -> Chart:
    count = max(len(point.per_class_accuracy) for point in points)
    numbered = [f"class {number}" for number in range(1, count + 1)]
    names = class_names if len(class_names) == count else numbered
    shown = {p.label or p.method: p for p in points}
    values = {label: p.per_class_accuracy for label, p in shown.items()}
    return class_bars(values, names, False, [p.method for p in shown.values()])


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


def _dense(points: Sequence[Point]) -> list[Point]:
    return [point for point in points if point.method == DENSE][:1]


def _shown(pruned: Sequence[Point]) -> list[Point]:
    """Return the networks whose classes are drawn: of the front on validation images."""
    return front(pruned, SPARSITY, AXES["validation_accuracy"])[:MOST_SHOWN]


def _two_best(pruned: Sequence[Point], labels: Mapping[str, str]) -> list[str]:
    """Return how sure the order of the two best methods is, at the highest level they share."""
    chosen = [point for point in pruned if not is_control(point.method)]
    found = _rivals(equal_epochs(chosen)) if chosen else None
    if found is None:
        return []
    sparsity, one, other = found
    paired = pairs(one, other)
    ahead = lead(paired)
    if ahead is None or not all(map(holdout_images, one)):
        return []
    first, second = (labels.get(group[0].method, group[0].method) for group in (one, other))
    verdict = "more" if abs(ahead.mean) > 2 * ahead.error else "no more"
    direction = "leads" if ahead.mean >= 0 else "is behind"
    return [
        f"At {percent(sparsity, 0)} sparsity {epochs_said(one[0].epochs)}, {first} and {second} "
        f"are the best two by validation. On the holdout {first} {direction} by "
        f"{abs(ahead.mean) * 100:.1f} points over {plural(ahead.pairs, 'pair')} of networks from "
        f"the same dense one: {verdict} than two standard errors "
        f"({2 * ahead.error * 100:.1f} points)."
    ]


def _rivals(alike: Sequence[Point]) -> tuple[float, list[Point], list[Point]] | None:
    """Return the highest level where two methods can be paired, and the best two by validation."""
    for sparsity in sorted({level(point) for point in alike}, reverse=True):
        groups = by_method(p for p in alike if level(p) == sparsity).values()
        ranked = sorted(groups, key=lambda g: -np.mean([p.validation_accuracy for p in g]))
        if len(ranked) > 1 and pairs(ranked[0], ranked[1]):
            return sparsity, ranked[0], ranked[1]
    return None


def _level_table(pruned: Sequence[Point], labels: Mapping[str, str]) -> Table:
    rows: list[Row] = [
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
