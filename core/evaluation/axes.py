"""What a point can be judged by: one axis each, with its unit and its better direction."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.evaluation.point import Point
from core.evaluation.score import score


@dataclass(frozen=True)
class Axis:
    """One number of a point; `value` returns nan where the point has no such number.

    chosen_by: what a choice among points looks at instead, for numbers of the holdout; None where
    the number itself was not measured on holdout images.
    """

    key: str
    label: str
    unit: str
    higher_is_better: bool
    value: Callable[[Point], float]
    chosen_by: Callable[[Point], float] | None = None

    @property
    def title(self) -> str:
        """The label with its unit, as a chart's axis shows it."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def is_share(self) -> bool:
        """Whether it runs from 0 to 1 and is read in percent."""
        return self.key in SHARES or self.key.startswith("class:")

    def goodness(self, point: Point) -> float:
        """Return the value with the sign that makes larger better."""
        return self.value(point) if self.higher_is_better else -self.value(point)

    def choice(self, point: Point) -> float:
        """Return what chooses among points, larger for better, without a look at the holdout."""
        return self.chosen_by(point) if self.chosen_by else self.goodness(point)


SHARES = ("kept", "sparsity", "accuracy", "validation_accuracy", "agreement")


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _validated(point: Point) -> float:
    return point.validation_accuracy


def _validated_score(point: Point) -> float:
    return score(point.validation_accuracy, point.sparsity)


KEPT = Axis("kept", "Parameters kept", "share of all", False, lambda p: 1.0 - p.sparsity)
SPARSITY = Axis("sparsity", "Sparsity", "zeros / all parameters", True, lambda p: p.sparsity)
ACCURACY = Axis("accuracy", "Accuracy", "holdout", True, lambda p: p.accuracy, _validated)
SCORE = Axis("score", "Score", "", True, lambda p: p.score, _validated_score)

AXES: dict[str, Axis] = {
    axis.key: axis
    for axis in (
        KEPT,
        SPARSITY,
        ACCURACY,
        SCORE,
        Axis(
            "validation_accuracy", "Validation accuracy", "", True, lambda p: p.validation_accuracy
        ),
        Axis(
            "agreement",
            "Agreement with the dense network",
            "",
            True,
            lambda p: _number(p.agreement),
            _validated,
        ),
        Axis("size_bytes", "Size on disk", "bytes", False, lambda p: p.size_bytes),
        Axis("gzip_bytes", "Size on disk, gzip", "bytes", False, lambda p: p.gzip_bytes),
        Axis("multiply_adds", "Multiply-adds", "per image", False, lambda p: p.multiply_adds),
        Axis(
            "latency_seconds", "Latency", "s per image", False, lambda p: _number(p.latency_seconds)
        ),
        Axis("nonzero", "Parameters left", "", False, lambda p: p.parameters - p.zeros),
        Axis("epochs", "Fine-tuning", "epochs", False, lambda p: p.epochs),
        Axis("seconds", "Time", "s", False, lambda p: p.seconds),
    )
}


def class_axis(index: int, name: str) -> Axis:
    """Return the accuracy of one class as an axis."""
    return Axis(
        f"class:{index}",
        f"Accuracy on {name}",
        "holdout",
        True,
        lambda p: (
            _number(p.per_class_accuracy[index]) if index < len(p.per_class_accuracy) else math.nan
        ),
        _validated,
    )


def all_axes(class_names: Sequence[str]) -> dict[str, Axis]:
    """Return every axis by key, those of the classes last."""
    per_class = (class_axis(index, name) for index, name in enumerate(class_names))
    return AXES | {axis.key: axis for axis in per_class}
