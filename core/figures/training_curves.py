"""Curves of one run over its epochs: training dotted, validation solid, a colour each."""

import math
from collections.abc import Mapping, Sequence

from core.figures import colors
from core.figures.downsampling import thinned
from core.figures.theme import Chart, Row, Trace, axis, count_axis, layout, share_axis
from core.text import percent, plural

Metrics = Mapping[str, Sequence[tuple[int, float]]]
LOSS_HELP = (
    "The training loss is what the optimizer minimizes, penalties and distillation included; the "
    "validation loss is the cross-entropy alone."
)


def curves(metrics: Metrics, quantity: str = "accuracy", epochs: int = 0) -> Chart:
    """Return training and validation `quantity` ("accuracy" or "loss") over the epochs.

    metrics: key -> [(epoch, value)], as the store gives them; a key may carry its phase in front
    ("retrain/accuracy"). epochs: planned; the axis spans them all from the start.
    """
    chosen = {key: list(points) for key, points in metrics.items() if _is(key, quantity)}
    last = max((step for points in chosen.values() for step, _ in points), default=1)
    y = share_axis("Accuracy") if quantity == "accuracy" else axis("Loss")
    return Chart(
        name=quantity,
        traces=[_line(key, points, *how) for how, (key, points) in _placed(chosen)],
        layout=layout(count_axis("Epoch", max(epochs, last)), y),
        alt=_sentence(chosen, quantity),
        rows=_rows(chosen),
    )


def _placed(
    chosen: Metrics,
) -> list[tuple[tuple[str, int], tuple[str, Sequence[tuple[int, float]]]]]:
    """Return each curve with its name and the place of its colour, validation first.

    A single phase needs no name.
    """
    phases = list(dict.fromkeys(_phase(key) for key in chosen))
    named = {key: _name(key if len(phases) > 1 else key.rpartition("/")[2]) for key in chosen}
    places = {key: 2 * phases.index(_phase(key)) + ("validation_" not in key) for key in chosen}
    return [((named[key], places[key]), (key, points)) for key, points in chosen.items()]


def _is(key: str, quantity: str) -> bool:
    return key.rsplit("/", 1)[-1] in (quantity, f"validation_{quantity}")


def _phase(key: str) -> str:
    return key.rpartition("/")[0]


def _name(key: str) -> str:
    part = "Validation" if "validation_" in key else "Training"
    phase = _phase(key).replace("/", ", ").replace("_", " ")
    return f"{part}, {phase}" if phase else part


def _line(key: str, points: Sequence[tuple[int, float]], name: str, place: int) -> Trace:
    held_out = "validation_" in key
    points = [points[kept] for kept in thinned([value for _, value in points])]
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(points) < 30 else "lines",
        "name": name,
        "x": [step for step, _ in points],
        "y": [_known(value) for _, value in points],
        "line": {"color": colors.series(place), "width": 2, "dash": "solid" if held_out else "dot"},
        "marker": {"size": 6},
    }


def _sentence(chosen: Metrics, quantity: str) -> str:
    held_out = [point for key, points in chosen.items() if "validation_" in key for point in points]
    if not held_out:
        return f"No {quantity} yet: the first epoch has not ended."
    known = [point for point in held_out if math.isfinite(point[1])]
    if not known:
        return f"The validation {quantity} is not a number after {plural(len(held_out), 'epoch')}."
    choose = max if quantity == "accuracy" else min
    step, value = choose(known, key=lambda point: point[1])
    shown = percent(value) if quantity == "accuracy" else f"{value:.3f}"
    return f"Best validation {quantity} {shown} at epoch {step} of {len(held_out)}."


def _known(value: float) -> float | None:
    """Return the value, or None for one that a browser's JSON cannot take."""
    return value if math.isfinite(value) else None


def _rows(chosen: Metrics) -> list[Row]:
    rows: dict[int, dict[str, float | None]] = {}
    for key, points in chosen.items():
        for step, value in points:
            rows.setdefault(step, {"epoch": step})[key] = _known(value)
    return [rows[step] for step in sorted(rows)]
