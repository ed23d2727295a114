"""Questions 2.3.3 and 2.3.4: what heterogeneous data does to FedAvg, and why."""

import math
from collections.abc import Sequence

from core.figures.convergence import Curve, convergence
from core.reports import curves
from core.reports.answer import Answer, Table, percent, times
from core.reports.curves import SGD, common_target, reached
from core.reports.federated_evidence import (
    average,
    cell,
    end,
    fedavg_runs,
    four_charts,
    in_rounds,
    least_and_most,
    local_work_varies,
    target_table,
)
from core.reports.runs import History

Q3 = "Compare FedAvg on IID with FedAvg on heterogeneous data."
Q4 = "Why do they differ, and how do local steps change it?"


def heterogeneity_answers(histories: Sequence[History]) -> list[Answer]:
    """Return answers 2.3.3 and 2.3.4; without the runs they need, they say which to start."""
    known = [history for history in histories if history.rows]
    return [_heterogeneity(known), _reasons(known)]


def _heterogeneity(histories: Sequence[History]) -> Answer:
    even, mixed = fedavg_runs(histories, iid=True), fedavg_runs(histories, iid=False)
    if not even or not mixed:
        kind = "IID" if not even else "heterogeneous"
        text = f"No FedAvg run on {kind} data was chosen. Start one on the Federated page."
        return Answer("2.3.3", Q3, missing=text)
    both = [*even, *mixed]
    target = common_target(both)
    sentences = [_against_iid(_nearest(even, h), h, target) for h in mixed]
    tables = (_stability_table(both), target_table(both, target))
    charts = four_charts(both, "round")
    return Answer("2.3.3", Q3, tuple(sentences), tables, charts)


def _nearest(candidates: Sequence[History], to: History) -> History:
    """Return the run whose settings differ least from those of `to`, apart from the data."""
    return min(candidates, key=lambda h: _distance(h, to))


def _distance(one: History, other: History) -> tuple[int, float]:
    keys = (set(one.settings) | set(other.settings)) - {"data", "label", "partition"}
    different = sum(one.settings.get(key) != other.settings.get(key) for key in keys)
    return different, abs(math.log(_work(one) / _work(other)))


def _work(history: History) -> float:
    work = curves.work_per_round(history)
    return work if math.isfinite(work) and work > 0 else 1.0


def _against_iid(even: History, mixed: History, target: float) -> str:
    place = _place(curves.final(mixed, "train_loss"), curves.final(even, "train_loss"))
    shaken = curves.rises(mixed) - curves.rises(even)
    return (
        f"{mixed.label} ends at a training loss of {end(mixed, 'train_loss')}, "
        f"{place} the {end(even, 'train_loss')} of {even.label}; its loss "
        f"rises in {percent(curves.rises(mixed), 0)} of the rounds, against "
        f"{percent(curves.rises(even), 0)}: it is {_steadiness(shaken)}. "
        f"For {percent(target, 0)} validation accuracy it takes "
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
            "final training loss": round(curves.final(h, "train_loss"), 4),
            "best validation accuracy": round(curves.best(h), 4),
            "rounds with rising loss": percent(curves.rises(h), 0),
            "mean drift": cell(curves.mean(h, "drift")),
            "mean dissimilarity": cell(curves.mean(h, "dissimilarity")),
        }
        for h in histories
    ]
    return Table("Stability and drift", rows)


def _reasons(histories: Sequence[History]) -> Answer:
    even, mixed = fedavg_runs(histories, iid=True), fedavg_runs(histories, iid=False)
    measured = [h for h in (*even, *mixed) if math.isfinite(curves.mean(h, "drift"))]
    if not mixed or len(measured) < 2:
        text = "Drift is needed of FedAvg on IID and on heterogeneous data. Start both runs."
        return Answer("2.3.4", Q4, missing=text)
    steady = [h for h in even if curves.mean(h, "drift") > 0]
    sentences = [_drift(_nearest(steady, h), h) for h in mixed] if steady else []
    sentences += _drift_by_work(mixed)
    sentences += _mended(histories, mixed)
    lines = [Curve(h.label, h.rows) for h in measured]
    charts = [convergence(lines, "round", "drift")]
    if any("dissimilarity" in row for h in measured for row in h.rows):
        charts.append(convergence(lines, "round", "dissimilarity"))
    return Answer("2.3.4", Q4, tuple(sentences), (_stability_table(measured),), tuple(charts))


def _drift(even: History, mixed: History) -> str:
    ratio = curves.mean(mixed, "drift") / curves.mean(even, "drift")
    verdict = (
        f"{times(ratio)} as far" if ratio >= 1.05 else
        f"only {percent(ratio, 0)} as far" if ratio <= 0.95 else "about as far"
    )  # fmt: skip
    reason = (
        "its clients pull towards different optima, and averaging models that moved apart is no "
        "longer a step downhill for all"
        if ratio >= 1.05
        else "so drift does not explain the difference here"
    )
    return (
        f"In {mixed.label} the clients move {verdict} apart within a round as in {even.label} "
        f"(mean drift {average(mixed, 'drift')} against {average(even, 'drift')}): "
        f"{reason}."
    )


def _drift_by_work(mixed: Sequence[History]) -> list[str]:
    sentences = []
    for data in dict.fromkeys(h.data for h in mixed):
        group = [h for h in mixed if h.data == data]
        works = [curves.work_per_round(h) for h in group]
        if not local_work_varies(group):
            continue
        least, most = least_and_most(group)
        drift = curves.order(works, [curves.mean(h, "drift") for h in group])
        loss = curves.order(works, [curves.final(h, "train_loss") for h in group])
        sentences.append(
            f"On {data}, more local work means {_direction(drift)} drift "
            f"({average(least, 'drift')} with {least.label}, {average(most, 'drift')} "
            f"with {most.label}) and {_direction(loss)} final training loss "
            f"({end(least, 'train_loss')} and {end(most, 'train_loss')})."
        )
    return sentences or ["Local work was not varied on heterogeneous data, so its effect is open."]


def _direction(sign: int) -> str:
    return {1: "a higher", -1: "a lower", 0: "neither clearly higher nor lower"}[sign]


def _mended(histories: Sequence[History], mixed: Sequence[History]) -> list[str]:
    """Return what other algorithms do on the same heterogeneous data."""
    places = {h.data for h in mixed}
    others = [
        h
        for h in histories
        if h.algorithm not in {"fedavg", SGD} and h.data in places and not curves.is_iid(h)
    ]
    sentences = []
    for other in others:
        plain = _nearest([h for h in mixed if h.data == other.data], other)
        gain = curves.final(plain, "train_loss") - curves.final(other, "train_loss")
        calmer = curves.rises(plain) - curves.rises(other)
        sentences.append(
            f"{other.label} ends at a {'lower' if gain > 0 else 'higher'} training loss "
            f"({end(other, 'train_loss')}) than {plain.label} "
            f"({end(plain, 'train_loss')}) and is {_steadiness(-calmer)}."
        )
    return sentences
