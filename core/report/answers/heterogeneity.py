"""Questions 2.3.3 and 2.3.4: what heterogeneous data does to FedAvg, and why."""

import math
from collections.abc import Sequence

from core.federated.algorithms.fedavg import FedAvg
from core.figures.convergence import Curve, convergence
from core.report.answers.answer import Answer, Table, percent, times
from core.report.answers.federated_evidence import (
    WORK,
    alike_but_for_work,
    average,
    cell,
    end,
    fedavg_runs,
    four_charts,
    healthy,
    in_rounds,
    least_and_most,
    local_work,
    local_work_varies,
    target_table,
)
from core.runs import learning_curves
from core.runs.learning_curves import SGD, common_target, reached
from core.runs.results import History

Q3 = "Compare FedAvg on IID with FedAvg on heterogeneous data."
Q4 = "Why do they differ, and how do local steps change it?"
REASON = (
    "The clients pull towards different optima, and the average of models that moved apart is no "
    "longer a step downhill for all of them."
)
DATA = {"data", "data_seed", "label", "partition"}  # settings that do not count as differences


def heterogeneity_answers(histories: Sequence[History]) -> list[Answer]:
    """Return answers 2.3.3 and 2.3.4; without the runs they need, they say which to start."""
    known = healthy(histories)
    return [_heterogeneity(known), _reasons(known)]


def _heterogeneity(histories: Sequence[History]) -> Answer:
    even, mixed = fedavg_runs(histories, iid=True), fedavg_runs(histories, iid=False)
    if not even or not mixed:
        kind = "IID" if not even else "heterogeneous"
        text = f"No FedAvg run on {kind} data was chosen. Start one on the Federated page."
        return Answer("2.3.3", Q3, missing=text)
    both = [*even, *mixed]
    target = common_target([_best(even), _best(mixed)])
    sentences = [_against_iid(one, other) for one, other in pairs(even, mixed)]
    tables = (_stability_table(both), target_table(both, target))
    charts = four_charts(both, "round")
    return Answer("2.3.3", Q3, tuple(sentences), tables, charts)


def _best(histories: Sequence[History]) -> History:
    return max(histories, key=learning_curves.best)


def pairs(even: Sequence[History], mixed: Sequence[History]) -> list[tuple[History, History]]:
    """Return each heterogeneous run with the IID run nearest to it in all other settings.

    Where some pairs have the same network and the same local work, the others are left out: they
    would compare networks or work, not data.
    """
    found = [(_nearest(even, other), other) for other in mixed]
    fair = [(one, other) for one, other in found if _network_and_work(one, other)]
    return fair or found


def _network_and_work(one: History, other: History) -> bool:
    same_network = one.settings.get("hidden") == other.settings.get("hidden")
    return same_network and local_work(one) == local_work(other)


def _nearest(candidates: Sequence[History], to: History) -> History:
    """Return the run whose settings differ least from those of `to`, apart from the data."""
    return min(candidates, key=lambda h: _distance(h, to))


def _distance(one: History, other: History) -> tuple[bool, int, float]:
    """Return how far apart two runs are: network and work first, then settings, then work done."""
    keys = (set(one.settings) | set(other.settings)) - DATA - WORK
    different = sum(one.settings.get(key) != other.settings.get(key) for key in keys)
    works = [learning_curves.work_per_round(h) for h in (one, other)]
    known = all(math.isfinite(work) and work > 0 for work in works)
    apart = abs(math.log(works[0] / works[1])) if known else 0.0
    return not _network_and_work(one, other), different, apart


def _against_iid(even: History, mixed: History) -> str:
    target = common_target([even, mixed])
    place = _place(
        learning_curves.final(mixed, "train_loss"), learning_curves.final(even, "train_loss")
    )
    shaken = learning_curves.rises(mixed) - learning_curves.rises(even)
    return (
        f"{mixed.label} ends at a training loss of {end(mixed, 'train_loss')}, "
        f"{place} the {end(even, 'train_loss')} of {even.label}; its loss "
        f"rises in {percent(learning_curves.rises(mixed), 0)} of the rounds, against "
        f"{percent(learning_curves.rises(even), 0)}: it is {_steadiness(shaken)}. "
        f"For {percent(target, 0)} validation accuracy, which both reach, it takes "
        f"{in_rounds(reached(mixed, target))} instead of {in_rounds(reached(even, target))}."
    )


def _place(value: float, other: float) -> str:
    if abs(value - other) <= 0.01 * abs(other):
        return "within a hundredth of"
    return "below" if value < other else "above"


def _steadiness(more_rises: float) -> str:
    if abs(more_rises) < 0.05:
        return "about as steady"
    return "less steady" if more_rises > 0 else "steadier"


def _stability_table(histories: Sequence[History]) -> Table:
    rows = [
        {
            "run": h.label,
            "final training loss": round(learning_curves.final(h, "train_loss"), 4),
            "best validation accuracy": round(learning_curves.best(h), 4),
            "rounds with rising loss": percent(learning_curves.rises(h), 0),
            "mean drift": cell(learning_curves.mean(h, "drift")),
            "mean dissimilarity": cell(learning_curves.mean(h, "dissimilarity")),
        }
        for h in histories
    ]
    return Table("Stability and drift", rows)


def _reasons(histories: Sequence[History]) -> Answer:
    even, mixed = fedavg_runs(histories, iid=True), fedavg_runs(histories, iid=False)
    measured = [h for h in (*even, *mixed) if math.isfinite(learning_curves.mean(h, "drift"))]
    if not mixed or len(measured) < 2:
        text = "Drift is needed of FedAvg on IID and on heterogeneous data. Start both runs."
        return Answer("2.3.4", Q4, missing=text)
    steady = [h for h in even if learning_curves.mean(h, "drift") > 0]
    sentences = _drift(pairs(steady, mixed)) if steady else []
    sentences += _drift_by_work(mixed)
    sentences += _mended(histories, mixed)
    lines = [Curve(h.label, h.rows) for h in measured]
    charts = [convergence(lines, "round", "drift")]
    if any("dissimilarity" in row for h in measured for row in h.rows):
        charts.append(convergence(lines, "round", "dissimilarity"))
    return Answer("2.3.4", Q4, tuple(sentences), (_stability_table(measured),), tuple(charts))


def _drift(compared: Sequence[tuple[History, History]]) -> list[str]:
    """Return how much further clients move apart, pair by pair, and what follows from it."""
    ratios = [
        learning_curves.mean(b, "drift") / learning_curves.mean(a, "drift") for a, b in compared
    ]
    facts = [
        f"In {mixed.label} the clients move {_ratio(ratio)} apart within a round as in "
        f"{even.label} (mean drift {average(mixed, 'drift')} against {average(even, 'drift')})."
        for ratio, (even, mixed) in zip(ratios, compared, strict=True)
    ]
    further = sum(ratio >= 1.05 for ratio in ratios)
    if further == len(ratios):
        return [*facts, REASON]
    if further == 0:
        return [*facts, "So drift does not explain the difference here."]
    return [*facts, f"In {further} of {len(ratios)} comparisons drift is larger. There: {REASON}"]


def _ratio(ratio: float) -> str:
    if ratio >= 1.05:
        return f"{times(ratio)} as far"
    return f"only {percent(ratio, 0)} as far" if ratio <= 0.95 else "about as far"


def _drift_by_work(mixed: Sequence[History]) -> list[str]:
    sentences = []
    for group in alike_but_for_work(mixed):
        if not local_work_varies(group):
            continue
        works = [learning_curves.work_per_round(h) for h in group]
        least, most = least_and_most(group)
        drift = learning_curves.order(works, [learning_curves.mean(h, "drift") for h in group])
        loss = learning_curves.order(works, [learning_curves.final(h, "train_loss") for h in group])
        sentences.append(
            f"More local work means {_direction(drift)} drift "
            f"({average(least, 'drift')} in {least.label}, {average(most, 'drift')} "
            f"in {most.label}) and {_direction(loss)} final training loss "
            f"({end(least, 'train_loss')} and {end(most, 'train_loss')}); the loss rises in "
            f"{percent(learning_curves.rises(least), 0)} and "
            f"{percent(learning_curves.rises(most), 0)} of the rounds."
        )
    return sentences or ["Local work was not varied on heterogeneous data, so its effect is open."]


def _direction(sign: int) -> str:
    return {1: "a higher", -1: "a lower", 0: "neither clearly higher nor lower"}[sign]


def _mended(histories: Sequence[History], mixed: Sequence[History]) -> list[str]:
    """Return what other algorithms do on the same heterogeneous data."""
    others = [
        h
        for h in histories
        if h.algorithm not in {FedAvg.name, SGD} and not learning_curves.is_iid(h)
    ]
    sentences = []
    for other in others:
        alike = [h for h in mixed if _clients(h) == _clients(other)]
        if alike:
            sentences.append(_mending(other, _nearest(alike, other)))
    return sentences


def _clients(history: History) -> str:
    """Return what data the clients had: its source, division and draw."""
    kept = ("data", "partition", "data_seed")
    return repr([history.settings.get(key) for key in kept])


def _mending(other: History, plain: History) -> str:
    gain = learning_curves.final(plain, "train_loss") - learning_curves.final(other, "train_loss")
    calmer = learning_curves.rises(plain) - learning_curves.rises(other)
    return (
        f"{other.label} ends at a {'lower' if gain > 0 else 'higher'} training loss "
        f"({end(other, 'train_loss')}) than {plain.label} "
        f"({end(plain, 'train_loss')}) and is {_steadiness(-calmer)}{_but(other, plain)}."
    )


def _but(other: History, plain: History) -> str:
    """Return what else differs and steadies the curves by itself: how many clients take part."""
    asked = [h.settings.get("clients_per_round") or 0 for h in (other, plain)]
    if asked[0] == asked[1]:
        return ""
    words = [f"{count} clients" if count else "all clients" for count in asked]
    return f"; but it has {words[0]} in a round instead of {words[1]}, which steadies it too"
