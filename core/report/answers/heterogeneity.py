"""Questions 2.3.3 and 2.3.4: what heterogeneous data does to FedAvg, and why."""

import math
from collections.abc import Sequence

from core.data.partition import QuantitySkew
from core.federated.algorithms.fedavg import FedAvg
from core.figures.convergence import convergence
from core.report.answers.answer import Answer, Table
from core.report.answers.experiments import (
    CLIENTS,
    NETWORK,
    WORK,
    Experiment,
    alike,
    by_work,
    differ_in_work,
    experiments,
    last,
    local_work,
    participation,
    same,
    shared,
)
from core.report.answers.federated_evidence import (
    average,
    cell,
    curves,
    end,
    ends_table,
    four_charts,
    healthy,
    in_rounds,
    over_draws,
    rounds_to,
    target_table,
    together_target,
)
from core.runs import learning_curves
from core.runs.finished.histories import History
from core.runs.learning_curves import SGD, total_rise
from core.text import listed, percent, times

Q3 = "Compare FedAvg on IID with FedAvg on heterogeneous data."
Q4 = "Why do they differ, and how do local steps change it?"
REASON = (
    "There the clients pull towards different optima, and the average of models that moved apart "
    "is no longer a step downhill for all of them."
)
Pair = tuple[Experiment, Experiment]


def heterogeneity_answers(histories: Sequence[History]) -> list[Answer]:
    """Return answers 2.3.3 and 2.3.4; without the runs they need, they say which to start."""
    known = experiments(healthy(histories))
    fedavg = [each for each in known if each.first.algorithm == FedAvg.name]
    even = [each for each in fedavg if learning_curves.is_iid(each.first)]
    mixed = [each for each in fedavg if not learning_curves.is_iid(each.first)]
    return [_heterogeneity(even, mixed), _reasons(known, even, mixed)]


def _heterogeneity(even: Sequence[Experiment], mixed: Sequence[Experiment]) -> Answer:
    if not even or not mixed:
        kind = "IID" if not even else "heterogeneous"
        text = f"No FedAvg run on {kind} data was chosen. Start one on the Federated page."
        return Answer("2.3.3", Q3, missing=text)
    compared = pairs(even, mixed)
    if not compared:
        text = (
            "No two FedAvg runs on IID and on heterogeneous data have equal settings and draws, "
            "so the data's effect cannot be told apart. Start both with the same settings."
        )
        return Answer("2.3.3", Q3, missing=text)
    both = list({each.label: each for pair in compared for each in pair}.values())
    tables = (_stability_table(both), ends_table(both), target_table(both, together_target(both)))
    charts = (*four_charts(both, "round"), *four_charts(both, "epoch"))
    return Answer("2.3.3", Q3, tuple(against_iid(*pair) for pair in compared), tables, charts)


def pairs(even: Sequence[Experiment], mixed: Sequence[Experiment]) -> list[Pair]:
    """Return the pairs that differ in the clients' data alone, on the draws that both ran."""
    found = [shared(one, other) for other in mixed for one in even if alike(one, other, *CLIENTS)]
    return [pair for pair in found if pair is not None]


def against_iid(even: Experiment, mixed: Experiment) -> str:
    """Compare a run on heterogeneous clients with the same run on IID ones."""
    target = together_target([even, mixed])
    place = _place(mixed.mean(last("train_loss")), even.mean(last("train_loss")))
    return (
        f"{mixed.label} ends at a training loss of {end(mixed, 'train_loss')}, "
        f"{place} the {end(even, 'train_loss')} of {even.label}{over_draws(mixed)}. "
        f"{_steadiness(mixed, even)} "
        f"For {percent(target, 0)} validation accuracy, which both reach, it takes "
        f"{in_rounds(rounds_to(mixed, target))}, and {in_rounds(rounds_to(even, target))} on IID "
        "data."
    )


def _place(value: float, other: float) -> str:
    if abs(value - other) <= 0.01 * abs(other):
        return "within a hundredth of"
    return "below" if value < other else "above"


def _steadiness(one: Experiment, other: Experiment) -> str:
    """Return who is steadier, by the size of all rises of the loss and not by their number."""
    rises = [each.mean(total_rise) for each in (one, other)]
    told = f"Its rises add up to {rises[0]:.3g}, against {rises[1]:.3g}:"
    if max(rises) <= 1.25 * min(rises):
        return f"{told} about as steady."
    return f"{told} {'less steady' if rises[0] > rises[1] else 'steadier'}."


def _stability_table(found: Sequence[Experiment]) -> Table:
    rows = [
        {
            "run": each.label,
            "final training loss": round(each.mean(last("train_loss")), 4),
            "rounds with rising loss": percent(each.mean(learning_curves.rises), 0),
            "sum of rises": cell(each.mean(total_rise)),
            "mean drift": cell(_drift_of(each)),
            "mean dissimilarity": cell(
                each.mean(lambda history: learning_curves.mean(history, "dissimilarity"))
            ),
        }
        for each in found
    ]
    return Table("Stability and drift", rows)


def _drift_of(each: Experiment) -> float:
    return each.mean(lambda history: learning_curves.mean(history, "drift"))


def _reasons(
    known: Sequence[Experiment], even: Sequence[Experiment], mixed: Sequence[Experiment]
) -> Answer:
    measured = [each for each in (*even, *mixed) if math.isfinite(_drift_of(each))]
    if not mixed or len(measured) < 2:
        text = "Drift is needed of FedAvg on IID and on heterogeneous data. Start both runs."
        return Answer("2.3.4", Q4, missing=text)
    sentences = [
        *_drift([p for p in pairs(even, mixed) if _drift_of(p[0]) > 0]),
        *drift_by_work(mixed),
        *cures(known, mixed),
    ]
    lines = curves(measured)
    charts = [convergence(lines, x, "drift") for x in ("round", "epoch")]
    if any("dissimilarity" in row for line in lines for row in line.rows):
        charts.append(convergence(lines, "round", "dissimilarity"))
    return Answer("2.3.4", Q4, tuple(sentences), (_stability_table(measured),), tuple(charts))


def _drift(compared: Sequence[Pair]) -> list[str]:
    """Say how much further clients move apart, and where that can explain a worse outcome."""
    facts = [
        f"In {mixed.label} the clients move {_ratio(_drift_of(mixed) / _drift_of(even))} within a "
        f"round as in {even.label} (mean drift {average(mixed, 'drift')} against "
        f"{average(even, 'drift')}{over_draws(mixed)})."
        for even, mixed in compared
    ]
    explained = [mixed.label for even, mixed in compared if _is_explained(even, mixed)]
    if explained:
        return [*facts, f"{listed(explained)}: more drift and a higher final loss. {REASON}"]
    return [*facts, "So drift does not explain a worse outcome here."] if facts else []


def _is_explained(even: Experiment, mixed: Experiment) -> bool:
    """Tell whether drift may be named as a cause: larger, with a worse end, of unlike clients."""
    further = _drift_of(mixed) >= 1.05 * _drift_of(even)
    worse = mixed.mean(last("train_loss")) > 1.01 * even.mean(last("train_loss"))
    # A division by amount alone: there every client draws from one distribution.
    return further and worse and not isinstance(mixed.first.spec.effective_partition, QuantitySkew)


def _ratio(ratio: float) -> str:
    if ratio >= 1.05:
        return f"{times(ratio)} as far apart"
    return f"only {percent(ratio, 0)} as far apart" if ratio <= 0.95 else "about as far apart"


def drift_by_work(mixed: Sequence[Experiment]) -> list[str]:
    """Say what more local work does to drift and loss, one sentence a group."""
    groups = [by_work(group) for group in differ_in_work(mixed)]
    if not groups:
        return ["Local work was not varied on heterogeneous data, so its effect is open."]
    return [_effect(group) for group in groups]


def _effect(group: Sequence[Experiment]) -> str:
    works = [each.mean(learning_curves.work_per_round) for each in group]
    drift = learning_curves.order(works, [_drift_of(each) for each in group])
    loss = learning_curves.order(works, [each.mean(last("train_loss")) for each in group])
    told = [
        f"{each.label}: drift {average(each, 'drift')}, loss {end(each, 'train_loss')}"
        for each in group
    ]
    return (
        f"Among runs that differ in local work alone, with {participation(group[0])}, more work "
        f"means {_direction(drift)} drift and {_direction(loss)} final training loss"
        f"{over_draws(group[0])} ({'; '.join(told)})."
    )


def _direction(sign: int) -> str:
    return {1: "a higher", -1: "a lower", 0: "neither clearly higher nor lower"}[sign]


def cures(known: Sequence[Experiment], mixed: Sequence[Experiment]) -> list[str]:
    """Return what other algorithms do on the same clients, draws and network."""
    others = [
        each
        for each in known
        if each.first.algorithm not in {FedAvg.name, SGD} and not learning_curves.is_iid(each.first)
    ]
    found = [(other, _nearest(other, mixed)) for other in others]
    return [_cure(*pair) for other, plain in found if plain and (pair := shared(other, plain))]


def _nearest(other: Experiment, mixed: Sequence[Experiment]) -> Experiment | None:
    """Return the FedAvg run with most in common: the same clients and network, then the work."""
    possible = [
        each
        for each in mixed
        if same(each, other, (*CLIENTS, *NETWORK)) and shared(each, other) is not None
    ]
    return min(possible, key=lambda each: _distance(other, each), default=None)


def _distance(other: Experiment, plain: Experiment) -> tuple[int, float]:
    """Return how many things differ, and how far apart the work of a round is."""
    works = [each.mean(learning_curves.work_per_round) for each in (other, plain)]
    known = all(math.isfinite(work) and work > 0 for work in works)
    return len(_differences(other, plain)), abs(math.log(works[0] / works[1])) if known else 0.0


def _differences(other: Experiment, plain: Experiment) -> list[str]:
    """Return what differs besides the algorithm, in words."""
    said = []
    if local_work(other) != local_work(plain):
        said.append("other local work")
    if participation(other) != participation(plain):
        said.append(f"{participation(other)} instead of {participation(plain)}")
    left_out = ("algorithm", "clients_per_round", *WORK)
    if not alike(other, plain, *left_out):
        said.append("other settings too")
    return said


def _cure(other: Experiment, plain: Experiment) -> str:
    lower = other.mean(last("train_loss")) < plain.mean(last("train_loss"))
    differs = _differences(other, plain)
    but = f" It also has {listed(differs)}, which may be why." if differs else ""
    return (
        f"{other.label} ends at a {'lower' if lower else 'higher or equal'} training loss "
        f"({end(other, 'train_loss')}) than {plain.label} ({end(plain, 'train_loss')})"
        f"{over_draws(other)}. {_steadiness(other, plain)}{but}"
    )
