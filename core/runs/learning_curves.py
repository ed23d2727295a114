"""What a federated history says in single numbers: targets reached, stability, drift."""

import math
from collections.abc import Sequence

import numpy as np

from core.federated.algorithms.minibatch_sgd import MiniBatchSGD
from core.runs.finished.histories import History

TARGET_COLUMN = "validation_accuracy"
SGD = MiniBatchSGD.name


def column(history: History, name: str) -> np.ndarray:
    """Return one column over the rounds, nan where it was not measured."""
    return np.array([row.get(name, math.nan) for row in history.rows], np.float64)


def final(history: History, name: str) -> float:
    """Return a column's value in the last round."""
    return float(history.rows[-1].get(name, math.nan))


def best(history: History, name: str = TARGET_COLUMN) -> float:
    """Return the highest value of a column."""
    values = column(history, name)
    return float(np.nanmax(values)) if np.isfinite(values).any() else math.nan


def common_target(histories: Sequence[History]) -> float:
    """Return the highest whole percent of validation accuracy that every one of them reached."""
    return math.floor(100 * min(best(history) for history in histories)) / 100


def reached(history: History, target: float, cost: str = "round") -> float:
    """Return what it cost (rounds, epochs, bytes …) to reach the target; inf if it never did."""
    hits = np.flatnonzero(column(history, TARGET_COLUMN) >= target)
    return float(column(history, cost)[hits[0]]) if len(hits) else math.inf


def rises(history: History, name: str = "train_loss") -> float:
    """Return the share of rounds in which the column went up, a measure of instability."""
    steps = np.diff(column(history, name))
    return float(np.mean(steps > 0)) if len(steps) else math.nan


def total_rise(history: History, name: str = "train_loss") -> float:
    """Return the sum of all rises of a column: how unsteady it is, by their size."""
    steps = np.diff(column(history, name))
    return float(np.sum(steps[steps > 0])) if len(steps) else math.nan


def mean(history: History, name: str) -> float:
    """Return the mean of a column over the rounds where it was measured."""
    values = column(history, name)
    return float(np.nanmean(values)) if np.isfinite(values).any() else math.nan


def work_per_round(history: History) -> float:
    """Return the gradient evaluations of all clients in one round, measured over the run."""
    rounds = final(history, "round")
    return final(history, "gradient_evaluations") / rounds if rounds else math.nan


def is_iid(history: History) -> bool:
    """Tell whether all clients drew from one distribution."""
    return history.spec.is_iid


def diverged_in(history: History) -> int | None:
    """Return the first round whose training loss is not a number, None if all are."""
    losses = column(history, "train_loss")
    lost = np.flatnonzero(~np.isfinite(losses))
    return int(column(history, "round")[lost[0]]) if len(lost) else None


def order(values: Sequence[float], results: Sequence[float]) -> int:
    """Return 1 if results rise with values, -1 if they fall, 0 if there is no clear order.

    Clear: at least three quarters of the pairs agree (Kendall's tau of at least one half).
    """
    signs = [
        np.sign((values[j] - values[i]) * _difference(results[i], results[j]))
        for i in range(len(values))
        for j in range(i + 1, len(values))
    ]
    tau = float(np.mean(signs)) if signs else 0.0
    return 1 if tau >= 0.5 else -1 if tau <= -0.5 else 0


def _difference(first: float, second: float) -> float:
    """Return second - first, where inf - inf (both never arrived) is no difference."""
    return 0.0 if first == second else second - first
