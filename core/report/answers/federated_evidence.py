"""Words, tables and charts that the answers about federated runs share."""

import math
from collections.abc import Sequence
from typing import Any

from core.federated.algorithms.fedavg import FedAvg
from core.figures.convergence import Curve, convergence
from core.figures.theme import Chart
from core.report.answers.answer import Table, percent
from core.runs import learning_curves
from core.runs.learning_curves import reached
from core.runs.results import History
from core.settings import digest

# Settings that say how long clients work, and those that say nothing of the training.
WORK = {"local_steps", "local_epochs", "batch_size", "label"}


def fedavg_runs(histories: Sequence[History], iid: bool) -> list[History]:
    """Return the FedAvg runs on IID, or on other, data."""
    return [h for h in histories if h.algorithm == FedAvg.name and learning_curves.is_iid(h) == iid]


def healthy(histories: Sequence[History]) -> list[History]:
    """Return the runs that measured something and whose loss stayed a number."""
    return [h for h in histories if h.rows and learning_curves.diverged_in(h) is None]


def diverged(histories: Sequence[History]) -> list[str]:
    """Return a sentence for every run that diverged: it is compared with nothing."""
    lost = [(h.label, learning_curves.diverged_in(h)) for h in histories if h.rows]
    return [
        f"{label} diverged: its loss is not a number from round {round} on, so it is left out. "
        "Choose a smaller learning rate."
        for label, round in lost
        if round is not None
    ]


def in_rounds(count: float) -> str:
    """Return how long it took, in words; inf means that the target was never reached."""
    if math.isinf(count):
        return "more rounds than were run"
    return "1 round" if count == 1 else f"{count:.0f} rounds"


def cell(value: float) -> Any:
    """Return a number for a table; inf means that the target was never reached."""
    return round(value, 2) if math.isfinite(value) else "not reached"


def target_table(histories: Sequence[History], target: float) -> Table:
    """Return what each run spent to reach the target."""
    costs = ("round", "epoch", "gradient_evaluations", "bytes")
    rows = [
        {"run": h.label, "work per round": round(learning_curves.work_per_round(h), 1)}
        | {cost.replace("_", " "): cell(reached(h, target, cost)) for cost in costs}
        | {"best accuracy": round(learning_curves.best(h), 4)}
        for h in histories
    ]
    return Table(f"Cost of {percent(target, 0)} validation accuracy", rows)


def four_charts(histories: Sequence[History], x: str) -> tuple[Chart, ...]:
    """Return loss and accuracy, for training and validation, against `x`."""
    lines = [Curve(h.label, h.rows) for h in histories]
    names = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")
    return tuple(convergence(lines, x, name) for name in names)


def least_and_most(histories: Sequence[History]) -> tuple[History, History]:
    """Return the runs with the least and with the most local work."""
    ordered = sorted(histories, key=learning_curves.work_per_round)
    return ordered[0], ordered[-1]


def local_work(history: History) -> tuple[Any, ...]:
    """Return how long clients were set to work between two averages."""
    steps, batch = history.settings.get("local_steps"), history.settings.get("batch_size")
    return (steps, None if steps else history.settings.get("local_epochs", 1), batch)


def local_work_varies(histories: Sequence[History]) -> bool:
    """Tell whether clients were set to work differently long between two averages."""
    return len({local_work(h) for h in histories}) > 1


def alike_but_for_work(histories: Sequence[History]) -> list[list[History]]:
    """Return groups of runs that differ in local work only, the largest first."""
    groups: dict[str, list[History]] = {}
    for history in histories:
        others = {k: v for k, v in history.settings.items() if k not in WORK}
        groups.setdefault(digest({"settings": others}), []).append(history)
    return sorted(groups.values(), key=len, reverse=True)


def end(history: History, name: str) -> str:
    """Return a column's last value in three digits."""
    return f"{learning_curves.final(history, name):.3g}"


def average(history: History, name: str) -> str:
    """Return a column's mean over the rounds in three digits."""
    return f"{learning_curves.mean(history, name):.3g}"
