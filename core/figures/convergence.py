"""Federated runs over rounds, epochs, gradient evaluations or bytes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.figures import colors
from core.figures.downsampling import thinned
from core.figures.theme import Chart, Trace, axis, layout, log_axis, share_axis
from core.text import percent

X_AXES = {
    "round": "Server iterations (rounds)",
    "epoch": "Epochs (passes over all samples)",
    "gradient_evaluations": "Gradient evaluations",
    "bytes": "Bytes sent and received",
}
Y_AXES = {
    "train_loss": "Training loss",
    "validation_loss": "Validation loss",
    "train_accuracy": "Training accuracy",
    "validation_accuracy": "Validation accuracy",
    "client_train_loss": "Training loss, clients counting alike",
    "client_validation_loss": "Validation loss, clients counting alike",
    "client_train_accuracy": "Training accuracy, clients counting alike",
    "client_validation_accuracy": "Validation accuracy, clients counting alike",
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


def convergence(
    curves: Sequence[Curve], x: str, y: str, beside: Sequence[str] = (), most: float = 0.0
) -> Chart:
    """Return one line per run; x and y are columns of the history.

    beside: columns of charts that are read next to this one and share its scale. most: where the
    X axis ends, for runs that are still going on.
    """
    return Chart(
        name=f"{y}-by-{x}",
        traces=[
            *(_band(curve, x, y, index) for index, curve in enumerate(curves) if curve.runs),
            *(_line(curve, x, y, index) for index, curve in enumerate(curves)),
        ],
        layout=layout(_x_axis(curves, x, most), _y_axis(curves, y, beside)),
        alt=_sentence(curves, x, y),
        rows=[
            {"run": curve.label, x: row[x], y: row[y]}
            for curve in curves
            for row in curve.rows
            if x in row and y in row
        ],
    )


def _x_axis(curves: Sequence[Curve], x: str, most: float) -> dict[str, Any]:
    last = max([most, *_values(curves, [x])], default=1.0)
    form = "~s" if x in ("bytes", "gradient_evaluations") else ",~g"
    own = {"dtick": 1} if x == "round" and last <= 8 else {}
    return axis(X_AXES[x], tickformat=form, range=[0, 1.02 * (last or 1.0)], **own)


def _y_axis(curves: Sequence[Curve], y: str, beside: Sequence[str]) -> dict[str, Any]:
    values = _values(curves, [y, *beside])
    if y.endswith("loss"):
        found = log_axis(Y_AXES[y], values)
    else:
        found = share_axis(Y_AXES[y]) if y.endswith("accuracy") else axis(Y_AXES[y])
    return found | ({"range": _span(values, found.get("type") == "log")} if beside else {})


def _values(curves: Sequence[Curve], names: Sequence[str]) -> list[float]:
    drawn = [rows for curve in curves for rows in (curve.rows, *curve.runs)]
    return [row[name] for rows in drawn for row in rows for name in names if name in row]


def _span(values: Sequence[float], logarithmic: bool) -> list[float]:
    """Return the range of an axis that shows all values, with a margin."""
    if not values:
        return [0.0, 1.0]
    low, high = min(values), max(values)
    if logarithmic:
        low, high = math.log10(low), math.log10(high)
    margin = 0.05 * (high - low) or 0.05
    return [low - margin, high + margin]


def _line(curve: Curve, x: str, y: str, index: int) -> Trace:
    known = [row for row in curve.rows if x in row and y in row]
    rows = [known[place] for place in thinned([row[y] for row in known])]
    form = ".1%" if y.endswith("accuracy") else ".4g"
    return {
        "type": "scatter",
        "mode": "lines",
        "name": curve.label,
        "x": [row[x] for row in rows],
        "y": [row[y] for row in rows],
        "line": {"color": colors.series(index), "width": 2, "dash": colors.dash(index)},
        "hovertemplate": f"%{{y:{form}}} at %{{x:,}}<extra>%{{fullData.name}}</extra>",
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
        f"{curve.label} ends at {_written(curve.rows[-1][y], y)}"
        for curve in curves
        if curve.rows and y in curve.rows[-1]
    ]
    return f"{Y_AXES[y]} against {X_AXES[x].lower()}: {'; '.join(ends) or 'nothing measured'}."


def _written(value: float, y: str) -> str:
    return percent(value) if y.endswith("accuracy") else f"{value:.3g}"
