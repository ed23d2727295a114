"""Federated runs over rounds, epochs, gradient evaluations or bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.figures import colors
from core.figures.theme import Chart, Trace, axis, layout

ACROSS = {
    "round": "Server iterations (rounds)",
    "epoch": "Epochs (passes over all samples)",
    "gradient_evaluations": "Gradient evaluations",
    "bytes": "Bytes sent and received",
}
UP = {
    "train_loss": "Training loss",
    "validation_loss": "Validation loss",
    "train_accuracy": "Training accuracy",
    "validation_accuracy": "Validation accuracy",
    "drift": "Client drift",
    "dissimilarity": "Gradient dissimilarity B",
    "accuracy_spread": "Spread of the clients' accuracies",
}


Rounds = Sequence[Mapping[str, float]]


@dataclass(frozen=True)
class Curve:
    """One run to draw, or the mean of several: its label and one row of numbers per round.

    runs: the rows of each repetition; two or more are drawn as a band from lowest to highest.
    """

    label: str
    rows: Rounds
    runs: Sequence[Rounds] = ()


def mean_curve(label: str, runs: Sequence[Rounds]) -> Curve:
    """Return the mean over repetitions, as far as all of them went."""
    together = [_mean_row(rows) for rows in zip(*runs, strict=False)]
    return Curve(label, together, runs if len(runs) > 1 else ())


def _mean_row(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    shared = set.intersection(*(set(row) for row in rows))
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0] if name in shared}


def convergence(curves: Sequence[Curve], x: str, y: str) -> Chart:
    """Return one line per run; x and y are columns of the history."""
    logarithmic = y.endswith("loss") and _positive(curves, y)
    return Chart(
        name=f"{y}-by-{x}",
        traces=[
            *(_band(curve, x, y, index) for index, curve in enumerate(curves) if curve.runs),
            *(_line(curve, x, y, index) for index, curve in enumerate(curves)),
        ],
        layout=layout(
            axis(ACROSS[x]),
            axis(UP[y], tickformat=".0%")
            if y.endswith("accuracy")
            else axis(UP[y], type="log" if logarithmic else "linear"),
        ),
        alt=_sentence(curves, x, y),
        rows=[
            {"run": curve.label, x: row[x], y: row[y]}
            for curve in curves
            for row in curve.rows
            if x in row and y in row
        ],
    )


def _positive(curves: Sequence[Curve], name: str) -> bool:
    return all(row[name] > 0 for curve in curves for row in curve.rows if name in row)


def _line(curve: Curve, x: str, y: str, index: int) -> Trace:
    rows = [row for row in curve.rows if x in row and y in row]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": curve.label,
        "x": [row[x] for row in rows],
        "y": [row[y] for row in rows],
        "line": {"color": colors.series(index), "width": 2},
    }


def _band(curve: Curve, x: str, y: str, index: int) -> Trace:
    """Return the area between the lowest and the highest repetition of every round."""
    rounds = [[r for r in rows if x in r and y in r] for rows in zip(*curve.runs, strict=False)]
    full = [rows for rows in rounds if len(rows) == len(curve.runs)]
    across = [sum(row[x] for row in rows) / len(rows) for rows in full]
    lowest, highest = ([end(row[y] for row in rows) for rows in full] for end in (min, max))
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{curve.label}, {len(curve.runs)} runs",
        "x": [*across, *reversed(across)],
        "y": [*highest, *reversed(lowest)],
        "fill": "toself",
        "fillcolor": colors.series(index),
        "opacity": 0.2,
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _sentence(curves: Sequence[Curve], x: str, y: str) -> str:
    ends = [
        f"{curve.label} ends at {curve.rows[-1][y]:.3g}"
        for curve in curves
        if curve.rows and y in curve.rows[-1]
    ]
    return f"{UP[y]} against {ACROSS[x].lower()}: {'; '.join(ends) or 'nothing measured'}."
