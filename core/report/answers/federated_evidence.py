"""Words, tables and charts that the answers about federated runs share."""

import math
from collections.abc import Sequence

from core.figures.convergence import Curve, convergence, mean_curve
from core.figures.theme import Chart
from core.report.answers.answer import Row, Table
from core.report.answers.experiments import Experiment, last
from core.runs import learning_curves
from core.runs.finished.histories import History
from core.runs.learning_curves import reached
from core.text import percent


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
    return "1 round" if count == 1 else f"{count:.4g} rounds"


def over_draws(each: Experiment) -> str:
    """Return that numbers are means over several draws, or runs on few, "" for a single run."""
    count = len(each.runs)
    what = "draws" if len({draw for draw, _ in each.draws}) == count else "runs"
    return f" (mean of {count} {what})" if count > 1 else ""


def cell(value: float) -> float | str:
    """Return a number for a table; inf means that the target was never reached."""
    return round(value, 2) if math.isfinite(value) else "not reached"


def together_target(found: Sequence[Experiment]) -> float:
    """Return the highest whole percent of validation accuracy that every run of all reached."""
    return learning_curves.common_target([run for each in found for run in each.runs])


def rounds_to(each: Experiment, target: float) -> float:
    """Return the mean number of rounds to the target; inf where a draw never got there."""
    return each.mean(lambda history: reached(history, target))


def curves(found: Sequence[Experiment]) -> list[Curve]:
    """Return each experiment as a mean with the band of its draws."""
    return [mean_curve(each.label, [run.rows for run in each.runs]) for each in found]


def ends_table(found: Sequence[Experiment]) -> Table:
    """Return the last value of every curve, and the best validation accuracy beside it."""
    names = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    rows: list[Row] = [
        {
            "run": each.label,
            "draws": len(each.runs),
            "rounds": round(each.mean(last("round"))),
            "epochs": round(each.mean(last("epoch")), 1),
            **{
                f"final {name.replace('_', ' ')}": round(each.mean(last(name)), 4) for name in names
            },
            "best validation accuracy": round(each.mean(learning_curves.best), 4),
        }
        for each in found
    ]
    return Table("At the end of each run", rows)


def target_table(found: Sequence[Experiment], target: float) -> Table:
    """Return what each experiment spent to reach the target."""
    costs = ("round", "epoch", "gradient_evaluations", "bytes")
    rows: list[Row] = [
        {
            "run": each.label,
            "work per round": round(each.mean(learning_curves.work_per_round), 1),
            **{cost.replace("_", " "): cell(_cost(each, target, cost)) for cost in costs},
            "best accuracy": round(each.mean(learning_curves.best), 4),
        }
        for each in found
    ]
    return Table(f"Cost of {percent(target, 0)} validation accuracy", rows)


def _cost(each: Experiment, target: float, cost: str) -> float:
    return each.mean(lambda history: reached(history, target, cost))


def four_charts(found: Sequence[Experiment], x: str) -> tuple[Chart, ...]:
    """Return loss and accuracy, for training and validation, against `x`."""
    names = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")
    return tuple(convergence(curves(found), x, name) for name in names)


def end(each: Experiment, name: str) -> str:
    """Return a column's last value in three digits."""
    return f"{each.mean(last(name)):.3g}"


def average(each: Experiment, name: str) -> str:
    """Return a column's mean over the rounds in three digits."""
    return f"{each.mean(lambda history: learning_curves.mean(history, name)):.3g}"
