"""Curves of one run over its epochs: training dotted, validation solid."""

import math
from collections.abc import Mapping, Sequence

from core.figures import colors
from core.figures.theme import Chart, Row, Trace, axis, layout, share_axis

Metrics = Mapping[str, Sequence[tuple[int, float]]]
# What is minimised has penalties and the answers of a teacher in it, which validation has not.
LOSS = "Loss (training: as minimised; validation: cross-entropy)"


def curves(metrics: Metrics, quantity: str = "accuracy") -> Chart:
    """Return training and validation `quantity` ("accuracy" or "loss") over the epochs.

    metrics: key -> [(epoch, value)], as the store gives them; a key may carry its phase in front
    ("retrain/accuracy"). Phases are drawn in one colour each.
    """
    chosen = {key: list(points) for key, points in metrics.items() if _is(key, quantity)}
    phases = list(dict.fromkeys(_phase(key) for key in chosen))
    y = share_axis("Accuracy") if quantity == "accuracy" else axis(LOSS)
    return Chart(
        name=quantity,
        traces=[_line(key, points, phases.index(_phase(key))) for key, points in chosen.items()],
        layout=layout(axis("Epoch"), y),
        alt=_sentence(chosen, quantity),
        rows=_rows(chosen),
    )


def _is(key: str, quantity: str) -> bool:
    return key.rsplit("/", 1)[-1] in (quantity, f"validation_{quantity}")


def _phase(key: str) -> str:
    return key.rpartition("/")[0]


def _name(key: str) -> str:
    part = "Validation" if "validation_" in key else "Training"
    phase = _phase(key).replace("/", ", ").replace("_", " ")
    return f"{part}, {phase}" if phase else part


def _line(key: str, points: Sequence[tuple[int, float]], place: int) -> Trace:
    held_out = "validation_" in key
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(points) < 30 else "lines",
        "name": _name(key),
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
        return f"The validation {quantity} is not a number in any of {len(held_out)} epochs."
    choose = max if quantity == "accuracy" else min
    step, value = choose(known, key=lambda point: point[1])
    shown = f"{value:.1%}" if quantity == "accuracy" else f"{value:.3f}"
    return f"Best validation {quantity} {shown} at epoch {step}, of {len(held_out)} epochs."


def _known(value: float) -> float | None:
    """Return the value, or None for one that a browser's JSON cannot take."""
    return value if math.isfinite(value) else None


def _rows(chosen: Metrics) -> list[Row]:
    rows: dict[int, dict[str, float | None]] = {}
    for key, points in chosen.items():
        for step, value in points:
            rows.setdefault(step, {"epoch": step})[key] = _known(value)
    return [rows[step] for step in sorted(rows)]
