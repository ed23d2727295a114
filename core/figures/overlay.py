"""Curves of any runs in one chart: smoothed as TensorBoard does, what was measured faint behind."""

import math
from collections.abc import Sequence

from core.figures import colors
from core.figures.convergence import Curve
from core.figures.downsampling import thinned
from core.figures.theme import Chart, Trace, axis, layout, log_axis, share_axis
from core.text import percent

FAINT = 0.25
FEW = 10  # epochs or rounds, up to which each has its tick


def smoothed(values: Sequence[float], weight: float) -> list[float]:
    """Return the exponential moving average of values, corrected for its start.

    weight: of what came before, 0 <= weight < 1. What is not finite stays a gap and counts nothing.
    Source: TensorBoard's smoothing; the correction is that of Adam, Kingma and Ba 2015.
    """
    found, last, seen = [], 0.0, 0
    for value in values:
        if not math.isfinite(value):
            found.append(value)
            continue
        last = weight * last + (1 - weight) * value
        seen += 1
        found.append(last / (1 - weight**seen))
    return found


def overlay(
    curves: Sequence[Curve],
    x: tuple[str, str],
    y: tuple[str, str],
    smoothing: float = 0.0,
    logarithmic: bool = False,
) -> Chart:
    """Return one line a run. x, y: (column of the rows, title of the axis).

    smoothing: weight of `smoothed`; above 0 the measured values stay faint behind. logarithmic:
    the Y axis, where all values are positive.
    """
    drawn = [_points(curve, x[0], y[0]) for curve in curves]
    averaged = [smoothed([value for _, value in points], smoothing) for points in drawn]
    lines = zip(curves, drawn, averaged, strict=True)
    strong = [
        _line(curve.label, index, [at for at, _ in points], average, y[0])
        for index, (curve, points, average) in enumerate(lines)
    ]
    faint = [_raw(index, points) for index, points in enumerate(drawn)] if smoothing else []
    return Chart(
        name=f"{y[0]}-by-{x[0]}",
        traces=[*faint, *strong],
        layout=layout(
            _x_axis(x[1], [at for points in drawn for at, _ in points]),
            _y_axis(y, [value for points in drawn for _, value in points], logarithmic),
            hovermode="x unified",  # one line through all curves, every run's value beside it
        ),
        alt=_sentence(curves, averaged, x[1], y),
        rows=[
            {"run": curve.label, x[0]: at, y[0]: _known(value)}
            | ({"smoothed": _known(average)} if smoothing else {})
            for curve, points, averages in zip(curves, drawn, averaged, strict=True)
            for (at, value), average in zip(points, averages, strict=True)
        ],
    )


def _points(curve: Curve, x: str, y: str) -> list[tuple[float, float]]:
    return [(row[x], row[y]) for row in curve.rows if x in row and y in row]


def _x_axis(title: str, values: Sequence[float]) -> dict[str, object]:
    few_whole = all(value == int(value) for value in values) and max(values, default=0) <= FEW
    return axis(title, tickformat=",~g", **({"dtick": 1} if few_whole else {}))


def _y_axis(y: tuple[str, str], values: Sequence[float], logarithmic: bool) -> dict[str, object]:
    if logarithmic:
        return log_axis(y[1], values)
    return share_axis(y[1]) if y[0].endswith("accuracy") else axis(y[1])


def _line(
    label: str, index: int, across: Sequence[float], values: Sequence[float], y: str
) -> Trace:
    kept = thinned(values)
    form = ".1%" if y.endswith("accuracy") else ".4g"
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(kept) < 30 else "lines",
        "name": label,
        "x": [across[n] for n in kept],
        "y": [_known(values[n]) for n in kept],
        "line": {"color": colors.series(index), "width": 2, "dash": colors.dash(index)},
        "marker": {"size": 5},
        "hovertemplate": f"%{{y:{form}}}",
    }


def _raw(index: int, points: Sequence[tuple[float, float]]) -> Trace:
    kept = thinned([value for _, value in points])
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "as measured",
        "x": [points[n][0] for n in kept],
        "y": [_known(points[n][1]) for n in kept],
        "line": {"color": colors.series(index), "width": 1},
        "opacity": FAINT,
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _known(value: float) -> float | None:
    """Return the value, or None for one that a browser's JSON cannot take."""
    return value if math.isfinite(value) else None


def _sentence(
    curves: Sequence[Curve], values: Sequence[Sequence[float]], x: str, y: tuple[str, str]
) -> str:
    shares = y[0].endswith("accuracy")
    ends = [
        f"{curve.label} ends at {percent(own[-1]) if shares else f'{own[-1]:.3g}'}"
        for curve, own in zip(curves, values, strict=True)
        if own and math.isfinite(own[-1])
    ]
    return f"{y[1]} against {x.lower()}: {'; '.join(ends) or 'nothing measured'}."
