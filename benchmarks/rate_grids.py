"""Every algorithm at its own best learning rate, chosen on some draws and reported on others.

A grid of rates (1, 3, 10, 30 …) is extended at either end until the best rate is inside it, so that
no algorithm is judged at the edge of what was tried. The rate is chosen by mean validation accuracy
over the tuning draws; what is reported comes from draws that no choice has seen.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Run = dict[str, Any]
Rows = list[dict[str, Any]]
Measure = Callable[[Run, int], Rows]  # a run's settings and a draw -> the rows of its history

FIRST_RATES = (0.01, 0.03, 0.1, 0.3)
TUNING_DRAWS, REPORTED_DRAWS = (100, 101, 102), tuple(range(6))
ROUNDS = 100
COMMON: Run = {"hidden": 0, "batch_size": 10, "rounds": ROUNDS, "dissimilarity_every": 0}
TWENTY_STEPS: Run = {**COMMON, "local_steps": 20}
ALGORITHMS: Mapping[str, Run] = {
    "Mini-batch SGD, 300 samples a step": {**COMMON, "algorithm": "minibatch_sgd"},
    "FedAvg, 20 steps, all clients": {**TWENTY_STEPS, "algorithm": "fedavg"},
    "FedAvg, 20 epochs, 10 of 30": {
        **COMMON,
        "algorithm": "fedavg",
        "local_epochs": 20,
        "clients_per_round": 10,
    },
    "SCAFFOLD, 20 steps, all clients, equal weights": {**TWENTY_STEPS, "algorithm": "scaffold"},
    "SCAFFOLD, 20 steps, all clients, weights by samples": {
        **TWENTY_STEPS,
        "algorithm": "scaffold",
        "algorithm_settings": {"weighting": "samples"},
    },
}
HEADER = ("algorithm", "rates tried", "best rate", "validation accuracy", "training loss")


def best_inside(accuracy: Callable[[float], float], rates: Sequence[float]) -> dict[float, float]:
    """Return rate -> accuracy of a grid whose best rate has worse or equal ones on both sides.

    The grid goes on by its own steps (1, 3, 10 …) at the end where the best is; it ends at 1e-6
    and 1e6, where an accuracy that still rises means that the rate does not matter.
    """
    found = {rate: accuracy(rate) for rate in rates}
    while True:
        best = max(found, key=lambda rate: (found[rate], -rate))
        lowest, highest = min(found), max(found)
        if best == highest and highest < 1e6:
            found[_next(highest)] = accuracy(_next(highest))
        elif best == lowest and lowest > 1e-6:
            found[_previous(lowest)] = accuracy(_previous(lowest))
        else:
            return dict(sorted(found.items()))


def _next(rate: float) -> float:
    digit, power = _parts(rate)
    return float(f"3e{power}" if digit == 1 else f"1e{power + 1}")


def _previous(rate: float) -> float:
    digit, power = _parts(rate)
    return float(f"1e{power}" if digit == 3 else f"3e{power - 1}")


def _parts(rate: float) -> tuple[int, int]:
    digit, _, power = f"{rate:.0e}".partition("e")
    return int(digit), int(power)


def last_accuracy(rows: Rows) -> float:
    """Return the validation accuracy of the last round; 0 for a run that diverged."""
    value = rows[-1]["validation_accuracy"]
    return 0.0 if value is None or not math.isfinite(value) else float(value)


def tuned(measure: Measure, run: Run) -> dict[float, float]:
    """Return rate -> mean validation accuracy over the tuning draws, the best rate inside."""

    def accuracy(rate: float) -> float:
        at = {**run, "learning_rate": rate}
        return float(np.mean([last_accuracy(measure(at, draw)) for draw in TUNING_DRAWS]))

    return best_inside(accuracy, FIRST_RATES)


def interval(values: Sequence[float]) -> str:
    """Return "mean ± half-width" of the 95% confidence interval (Student's t) of the mean."""
    from scipy import stats

    half = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values))
    return f"{np.mean(values):.3f} ± {half:.3f}"


def best_rate(grid: Mapping[float, float]) -> float:
    """Return the rate with the highest accuracy, the smaller one of equals."""
    return max(grid, key=lambda rate: (grid[rate], -rate))


def reported(measure: Measure, run: Run, rate: float) -> list[Rows]:
    """Return the histories at the chosen rate on the draws that no choice has seen."""
    return [measure({**run, "learning_rate": rate}, draw) for draw in REPORTED_DRAWS]


def grid_lines(measure: Measure, data: Mapping[str, str]) -> Iterator[str]:
    """Yield the Markdown section of all grids, a table for each setting of the data."""
    yield "## Every algorithm at its best learning rate"
    yield ""
    yield (
        f"{ROUNDS} rounds; an iteration of SGD is a round. The rate is chosen by mean validation "
        f"accuracy over {len(TUNING_DRAWS)} draws of the data, from a grid that is extended until "
        f"the best is inside; the columns on the right are from {len(REPORTED_DRAWS)} other draws: "
        "mean ± half-width of the 95% confidence interval."
    )
    for name, source in data.items():
        yield from ("", f"### {name}", "", f"| {' | '.join(HEADER)} |", "|---" * len(HEADER) + "|")
        for label, run in ALGORITHMS.items():
            yield _line(measure, label, {**run, "data": source})


def _line(measure: Measure, label: str, run: Run) -> str:
    grid = tuned(measure, run)
    rate = best_rate(grid)
    histories = reported(measure, run, rate)
    accuracies = [last_accuracy(rows) for rows in histories]
    losses = [float(rows[-1]["train_loss"] or math.nan) for rows in histories]
    tried = ", ".join(f"{each:g} ({grid[each]:.3f})" for each in grid)
    return f"| {label} | {tried} | {rate:g} | {interval(accuracies)} | {interval(losses)} |"
