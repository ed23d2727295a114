"""Questions 2.3.1 and 2.3.2: mini-batch SGD against FedAvg on IID data."""

import math
from collections.abc import Sequence

from core.figures.convergence import Curve, convergence
from core.report.answers.answer import Answer, Table, listed, percent, times
from core.report.answers.federated_evidence import (
    alike_but_for_work,
    fedavg_runs,
    four_charts,
    healthy,
    in_rounds,
    least_and_most,
    local_work_varies,
    target_table,
)
from core.runs import learning_curves
from core.runs.learning_curves import SGD, common_target, reached
from core.runs.results import History

Q1 = "Compare mini-batch SGD with FedAvg on IID data."
Q2 = "Which needs fewer server iterations, and what do local steps change?"


def convergence_answers(histories: Sequence[History]) -> list[Answer]:
    """Return answers 2.3.1 and 2.3.2; without the runs they need, they say which to start."""
    known = healthy(histories)
    return [_sgd_against_fedavg(known), _iterations(known)]


def _sgd(histories: Sequence[History]) -> list[History]:
    return [h for h in histories if h.algorithm == SGD and learning_curves.is_iid(h)]


def _sgd_against_fedavg(histories: Sequence[History]) -> Answer:
    sgd, fedavg = _sgd(histories), fedavg_runs(histories, iid=True)
    if not sgd or not fedavg:
        return Answer("2.3.1", Q1, missing=_wanted(sgd, "mini-batch SGD", fedavg, "FedAvg"))
    both = [*sgd, *fedavg]
    one, other = _best_of(sgd), _best_of(fedavg)
    winner, loser = (
        (one, other) if learning_curves.best(one) >= learning_curves.best(other) else (other, one)
    )
    sentences = [
        _ending(one),
        _ending(other),
        f"The higher validation accuracy is {percent(learning_curves.best(winner))}, "
        f"by {winner.label}; "
        f"{loser.label} reaches {percent(learning_curves.best(loser))}.",
        *_spread_of_rates(sgd),
    ]
    return Answer("2.3.1", Q1, tuple(sentences), (_ends_table(both),), four_charts(both, "round"))


def _spread_of_rates(sgd: Sequence[History]) -> list[str]:
    """Return how much the learning rate decides about SGD: an untuned one flatters FedAvg."""
    if len({history.settings.get("learning_rate") for history in sgd}) < 2:
        return []
    top, low = _best_of(sgd), min(sgd, key=learning_curves.best)
    if learning_curves.best(top) == learning_curves.best(low):
        return []
    return [
        f"SGD depends on its learning rate: {percent(learning_curves.best(top))} with "
        f"{top.settings['learning_rate']:g}, {percent(learning_curves.best(low))} with "
        f"{low.settings['learning_rate']:g}. The comparison uses the better one."
    ]


def _wanted(one: Sequence[History], first: str, other: Sequence[History], second: str) -> str:
    absent = [name for name, found in ((first, one), (second, other)) if not found]
    return f"No run of {listed(absent)} on IID data was chosen. Start it on the Federated page."


def _best_of(histories: Sequence[History]) -> History:
    return max(histories, key=learning_curves.best)


def _ending(history: History) -> str:
    gap = learning_curves.final(history, "train_accuracy") - learning_curves.final(
        history, "validation_accuracy"
    )
    loss = learning_curves.final(history, "train_loss")
    start = history.rows[0].get("train_loss", math.nan)
    return (
        f"{history.label}: after {learning_curves.final(history, 'round'):.0f} rounds "
        f"the training loss went from {start:.3g} to {loss:.3g}, validation accuracy is "
        f"{percent(learning_curves.final(history, 'validation_accuracy'))}, {_gap(gap)}."
    )


def _gap(gap: float) -> str:
    if abs(gap) < 0.005:
        return "the same as on the training data to half a point"
    return f"{abs(gap) * 100:.1f} points {'below' if gap > 0 else 'above'} training accuracy"


def _ends_table(histories: Sequence[History]) -> Table:
    names = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    rows = [
        {
            "run": h.label,
            "rounds": int(learning_curves.final(h, "round")),
            "epochs": round(learning_curves.final(h, "epoch"), 1),
            **{name.replace("_", " "): round(learning_curves.final(h, name), 4) for name in names},
        }
        for h in histories
    ]
    return Table("At the end of each run", rows)


def _iterations(histories: Sequence[History]) -> Answer:
    sgd, fedavg = _sgd(histories), fedavg_runs(histories, iid=True)
    if not sgd or not fedavg:
        return Answer("2.3.2", Q2, missing=_wanted(sgd, "mini-batch SGD", fedavg, "FedAvg"))
    both = [*sgd, *fedavg]
    target = common_target([_best_of(sgd), _best_of(fedavg)])
    sentences = [_fewer(sgd, fedavg, target), _price(sgd, fedavg, target)]
    sentences += _effect_of_local_work(fedavg, target)
    lines = [Curve(h.label, h.rows) for h in both]
    charts = tuple(convergence(lines, x, "validation_accuracy") for x in ("round", "epoch"))
    return Answer("2.3.2", Q2, tuple(sentences), (target_table(both, target),), charts)


def _quickest(histories: Sequence[History], target: float) -> History:
    return min(histories, key=lambda h: reached(h, target))


def _fewer(sgd: Sequence[History], fedavg: Sequence[History], target: float) -> str:
    one, other = _quickest(sgd, target), _quickest(fedavg, target)
    quick, slow = sorted((one, other), key=lambda h: reached(h, target))
    few, many = reached(quick, target), reached(slow, target)
    if few == many:
        return f"Both need {few:.0f} server iterations to {percent(target, 0)} validation accuracy."
    ratio = f" ({times(many / few)} as many)" if few else ""
    return (
        f"{quick.label} needs fewer server iterations: {few:.0f} to reach {percent(target, 0)} "
        f"validation accuracy, against {many:.0f}{ratio} for {slow.label}."
    )


def _price(sgd: Sequence[History], fedavg: Sequence[History], target: float) -> str:
    one, other = _quickest(sgd, target), _quickest(fedavg, target)
    costs = [reached(h, target, "epoch") for h in (one, other)]
    if not all(map(math.isfinite, costs)) or 0 in costs:
        return "What it costs in passes over the data was not measured for both."
    ratio = costs[1] / costs[0]
    verdict = (
        f"{times(ratio)} as much" if ratio >= 1.05 else
        f"{times(1 / ratio)} less" if ratio <= 0.95 else "about as much"
    )  # fmt: skip
    quicker = reached(other, target) < reached(one, target)
    counted = "Its price is work on the clients: counted" if quicker else "Counted"
    return (
        f"{counted} in passes over the data, {other.label} spends "
        f"{verdict}, {costs[1]:.3g} epochs against {costs[0]:.3g} of {one.label}."
    )


def _effect_of_local_work(fedavg: Sequence[History], target: float) -> list[str]:
    group = alike_but_for_work(fedavg)[0]
    if not local_work_varies(group):
        return ["No two FedAvg runs differ in local work alone, so its effect cannot be seen here."]
    works = [learning_curves.work_per_round(h) for h in group]
    least, most = least_and_most(group)
    arrived = [reached(h, target) for h in group]
    meaning = {-1: "needs fewer rounds", 1: "needs more rounds", 0: "has no clear effect on rounds"}
    return [
        f"More local work per round {meaning[learning_curves.order(works, arrived)]}: to "
        f"{percent(target, 0)}, {least.label} takes {in_rounds(reached(least, target))} and "
        f"{most.label} {in_rounds(reached(most, target))}."
    ]
