"""Questions 2.3.1 and 2.3.2: mini-batch SGD against FedAvg on IID data."""

import math
from collections.abc import Sequence

from core.federated.algorithms.fedavg import FedAvg
from core.figures.convergence import convergence
from core.report.answers.answer import Answer
from core.report.answers.experiments import (
    CLIENTS,
    NETWORK,
    Experiment,
    alike,
    by_work,
    differ_in_work,
    experiments,
    gap,
    last,
    participation,
    same,
    shared,
)
from core.report.answers.federated_evidence import (
    curves,
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
from core.runs.learning_curves import SGD, diverged_in, reached
from core.text import listed, percent, plural, times

Q1 = "Compare mini-batch SGD with FedAvg on IID data."
Q2 = "Which needs fewer server iterations, and what do local steps change?"
Pair = tuple[Experiment, Experiment]


def convergence_answers(histories: Sequence[History]) -> list[Answer]:
    """Return answers 2.3.1 and 2.3.2; without the runs they need, they say which to start."""
    found = [each for each in experiments(healthy(histories)) if learning_curves.is_iid(each.first)]
    lost = experiments([h for h in histories if h.rows and diverged_in(h) is not None])
    sgd = [each for each in found if each.first.algorithm == SGD]
    fedavg = [each for each in found if each.first.algorithm == FedAvg.name]
    missing = _missing(sgd, fedavg)
    if missing:
        return [Answer("2.3.1", Q1, missing=missing), Answer("2.3.2", Q2, missing=missing)]
    return [_sgd_against_fedavg(sgd, fedavg, lost), _iterations(sgd, fedavg)]


def _missing(sgd: Sequence[Experiment], fedavg: Sequence[Experiment]) -> str:
    absent = [name for name, found in (("mini-batch SGD", sgd), ("FedAvg", fedavg)) if not found]
    if absent:
        return f"No run of {listed(absent)} on IID data was chosen. Start it on the Federated page."
    if not _comparable(sgd, fedavg):
        return (
            "The chosen runs of mini-batch SGD and of FedAvg have different clients, another draw "
            "of the data or another network, so they are not compared. Start both on the same."
        )
    return ""


def _comparable(sgd: Sequence[Experiment], fedavg: Sequence[Experiment]) -> list[Pair]:
    """Return the pairs on the same clients, draws and network, on the draws that both ran."""
    pairs = [
        shared(one, other)
        for one in sgd
        for other in fedavg
        if same(one, other, (*CLIENTS, *NETWORK))
    ]
    return [pair for pair in pairs if pair is not None]


def _compared(sgd: Sequence[Experiment], fedavg: Sequence[Experiment]) -> Pair:
    """Return the pair whose two sides trained best, of those with most draws.

    By training loss, as rates are tuned by it: validation accuracy is left to report.
    """
    pairs = _comparable(sgd, fedavg)
    most = max(len(one.runs) for one, _ in pairs)
    kept = [pair for pair in pairs if len(pair[0].runs) == most]
    # Pairs, not one side after the other: those of two pairs may be on different draws.
    return min(kept, key=lambda pair: [side.mean(last("train_loss")) for side in pair])


def _sgd_against_fedavg(
    sgd: Sequence[Experiment], fedavg: Sequence[Experiment], lost: Sequence[Experiment]
) -> Answer:
    one, other = _compared(sgd, fedavg)
    both = [*sgd, *fedavg]
    sentences = [
        _ending(one),
        _ending(other),
        _who_ends_higher(one, other),
        *_rates(sgd, lost, one, "SGD"),
    ]
    sentences += _rates(fedavg, lost, other, "FedAvg")
    charts = (*four_charts(both, "round"), *four_charts(both, "epoch"))
    return Answer("2.3.1", Q1, tuple(sentences), (ends_table(both),), charts)


def _who_ends_higher(one: Experiment, other: Experiment) -> str:
    ahead = gap(one, other, last("validation_accuracy"))
    high, low = (one, other) if ahead.mean >= 0 else (other, one)
    if ahead.draws == 1:
        sure = "on one draw of the data, so chance is not excluded"
    else:
        verdict = "more" if ahead.is_clear else "no more"
        sure = f"over {ahead.draws} draws of the data, {verdict} than two standard errors"
    return (
        f"On the same clients {high.label} ends {abs(ahead.mean) * 100:.1f} points of validation "
        f"accuracy above {low.label}, {sure}."
    )


def _rates(
    found: Sequence[Experiment], lost: Sequence[Experiment], chosen: Experiment, name: str
) -> list[str]:
    """Say how a learning rate was tuned: an untuned one flatters the other algorithm.

    lost: experiments that diverged; a rate at which that happened was tried as well.
    """
    rivals = [
        each
        for each in found
        if alike(each, chosen, "learning_rate") and each.draws.keys() >= chosen.draws.keys()
    ]
    too_large = [each for each in lost if alike(each, chosen, "learning_rate")]
    fell = {_rate(each) for each in too_large} - {_rate(each) for each in rivals}
    tried = sorted({_rate(each) for each in rivals} | fell)
    rate = _rate(chosen)
    if len(tried) < 2:
        return [f"{name} ran with one learning rate, {rate:g}: it was not tuned."]
    edge = {tried[0]: "smallest", tried[-1]: "largest"}.get(rate)
    warning = f" It is the {edge} one tried, so a better one may lie beyond." if edge else ""
    which = f", of which {_rates_listed(sorted(fell))} diverged" if fell else ""
    return [
        f"{name}'s learning rate was chosen by training loss among {_rates_listed(tried)}{which}: "
        f"{rate:g}.{warning}"
    ]


def _rate(each: Experiment) -> float:
    return float(each.setting("learning_rate") or 0.01)


def _rates_listed(rates: Sequence[float]) -> str:
    return listed([f"{rate:g}" for rate in rates])


def _ending(each: Experiment) -> str:
    ahead = each.mean(last("train_accuracy")) - each.mean(last("validation_accuracy"))
    start = each.mean(lambda history: history.rows[0].get("train_loss", math.nan))
    return (
        f"{each.label}: after {plural(round(each.mean(last('round'))), 'round')}, "
        f"{each.mean(last('epoch')):.3g} epochs, the training loss went from {start:.3g} to "
        f"{each.mean(last('train_loss')):.3g}. Validation accuracy ends at "
        f"{percent(each.mean(last('validation_accuracy')))}, {_gap(ahead)}; its best value is "
        f"{percent(each.mean(learning_curves.best))}{over_draws(each)}."
    )


def _gap(ahead: float) -> str:
    if abs(ahead) < 0.005:
        return "within half a point of training accuracy"
    return f"{abs(ahead) * 100:.1f} points {'below' if ahead > 0 else 'above'} training accuracy"


def _iterations(sgd: Sequence[Experiment], fedavg: Sequence[Experiment]) -> Answer:
    one, other = _compared(sgd, fedavg)
    both = [*sgd, *fedavg]
    target = together_target([one, other])
    sentences = [_fewer(one, other, target), *_price(one, other, target)]
    sentences += effect_of_local_work(fedavg)
    charts = tuple(convergence(curves(both), x, "validation_accuracy") for x in ("round", "epoch"))
    return Answer("2.3.2", Q2, tuple(sentences), (target_table(both, target),), charts)


def _fewer(one: Experiment, other: Experiment, target: float) -> str:
    quick, slow = sorted((one, other), key=lambda each: rounds_to(each, target))
    few, many = rounds_to(quick, target), rounds_to(slow, target)
    reach = f"{percent(target, 0)} validation accuracy, which both reach{over_draws(one)}"
    if few == many:
        return f"{quick.label} and {slow.label} both need {in_rounds(few)} for {reach}."
    ratio = f", {times(many / few)} as many" if few else ""
    return (
        f"{quick.label} needs fewer server iterations than {slow.label}: {in_rounds(few)} against "
        f"{in_rounds(many)}{ratio}, for {reach}."
    )


def _price(one: Experiment, other: Experiment, target: float) -> list[str]:
    """Say what the quicker one in rounds spends in passes over the data, whichever way it goes."""
    quick, slow = sorted((one, other), key=lambda each: rounds_to(each, target))
    spent, saved = (
        each.mean(lambda history: reached(history, target, "epoch")) for each in (quick, slow)
    )
    if not (math.isfinite(spent) and math.isfinite(saved)) or not saved:
        return []
    ratio = spent / saved
    verdict = (
        f"{times(ratio)} as much" if ratio >= 1.05 else
        f"only {percent(ratio, 0)} as much" if ratio <= 0.95 else "about as much"
    )  # fmt: skip
    return [
        f"In passes over the data, {quick.label} spends {verdict} for it: {spent:.3g} epochs "
        f"against {saved:.3g} of {slow.label}."
    ]


def effect_of_local_work(fedavg: Sequence[Experiment]) -> list[str]:
    """Say what more local work does to the rounds that are needed, one sentence a group."""
    groups = differ_in_work(fedavg)
    if not groups:
        return ["No two FedAvg runs differ in local work alone, so its effect cannot be seen here."]
    return [_effect(by_work(group)) for group in groups]


def _effect(group: Sequence[Experiment]) -> str:
    target = together_target(group)
    needed = [rounds_to(each, target) for each in group]
    works = [each.mean(learning_curves.work_per_round) for each in group]
    meaning = {-1: "fewer rounds", 1: "more rounds", 0: "no clear change in rounds"}
    told = [f"{each.label} {in_rounds(n)}" for each, n in zip(group, needed, strict=True)]
    return (
        f"Among FedAvg runs that differ in local work alone, with {participation(group[0])}, more "
        f"of it means "
        f"{meaning[learning_curves.order(works, needed)]} to {percent(target, 0)} validation "
        f"accuracy{over_draws(group[0])}: {listed(told)}."
    )
