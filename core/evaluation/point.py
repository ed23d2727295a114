"""A point: everything measured of one network, after it was saved and read again."""

import dataclasses
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from core.models.network import NetworkShape
    from core.training.prepare import Prepared

Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Layer:
    """One layer's count of exact zeros; a unit is dead when its kernel and bias are all zero."""

    name: str
    parameters: int
    zeros: int
    sparsity: float
    units: int
    dead_units: int


@dataclass(frozen=True)
class Origin:
    """What is known of a network before it is measured.

    plan: the settings that made it. parent: id of the network it came from, "" for none.
    epochs: fine-tuning epochs spent. seconds: time spent making it.
    """

    id: str = ""
    label: str = ""
    method: str = "dense"
    plan: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    epochs: float = 0.0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    parent: str = ""


@dataclass(frozen=True)
class Point:
    """One pruned, fine-tuned, saved, reloaded and measured network.

    accuracy, per_class_accuracy, confusion (rows true, columns predicted) and agreement are those
    of the holdout; a class without holdout images has None. sparsity: zeros / all parameters.
    multiply_adds: per image, non-zero kernel weights only. agreement: share of the holdout on
    which the dense network predicts the same class, None when it is not known.
    latency_seconds: per image, of the compacted network, None when it was not measured.
    """

    id: str
    label: str
    method: str
    plan: Mapping[str, Any]
    seed: int
    epochs: float
    seconds: float
    parameters: int
    zeros: int
    sparsity: float
    accuracy: float
    validation_accuracy: float
    score: float
    per_class_accuracy: tuple[float | None, ...]
    confusion: tuple[tuple[int, ...], ...]
    layers: tuple[Layer, ...]
    size_bytes: int
    gzip_bytes: int
    multiply_adds: int
    agreement: float | None
    notes: tuple[str, ...]
    digest: str
    parent: str
    latency_seconds: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the point as JSON-ready values."""
        values = dataclasses.asdict(self)
        values["plan"] = dict(self.plan)
        values["per_class_accuracy"] = list(self.per_class_accuracy)
        values["confusion"] = [list(row) for row in self.confusion]
        values["layers"] = [dataclasses.asdict(layer) for layer in self.layers]
        values["notes"] = list(self.notes)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Point":
        """Build the point that `to_dict` wrote; keys of a newer version are ignored."""
        known = {f.name for f in dataclasses.fields(cls)}
        kept = {name: value for name, value in values.items() if name in known}
        kept["per_class_accuracy"] = tuple(kept["per_class_accuracy"])
        kept["confusion"] = tuple(tuple(row) for row in kept["confusion"])
        kept["layers"] = tuple(Layer(**layer) for layer in kept["layers"])
        kept["notes"] = tuple(kept["notes"])
        return cls(**kept)


def measure(
    path: Path,
    shape: "NetworkShape",
    prepared: "Prepared",
    origin: Origin,
    dense: Weights | None = None,
) -> Point:
    """Return everything measured of the weights file at `path`, read again from disk.

    dense: the network to agree with; without it, agreement is None.
    Raises WeightsError if the file does not fit `shape`.
    """
    from core.evaluation import cost
    from core.evaluation.accuracy import predict
    from core.evaluation.score import score
    from core.models import weights_file

    weights = weights_file.read(path)
    holdout = predict(weights, shape, prepared.holdout.images).argmax(axis=1)
    validation = predict(weights, shape, prepared.validation.images).argmax(axis=1)
    same = None
    if dense is not None:
        same = share_equal(holdout, predict(dense, shape, prepared.holdout.images).argmax(axis=1))
    counts = confusion_counts(prepared.holdout.labels, holdout, shape.classes)
    layers = layers_of(weights)
    parameters = sum(layer.parameters for layer in layers)
    zeros = sum(layer.zeros for layer in layers)
    accuracy = share_equal(holdout, prepared.holdout.labels)
    content = path.read_bytes()
    return Point(
        **_origin(origin),
        parameters=parameters,
        zeros=zeros,
        sparsity=zeros / parameters,
        accuracy=accuracy,
        validation_accuracy=share_equal(validation, prepared.validation.labels),
        score=score(accuracy, zeros / parameters),
        per_class_accuracy=class_accuracies(counts),
        confusion=tuple(tuple(int(n) for n in row) for row in counts),
        layers=layers,
        size_bytes=len(content),
        gzip_bytes=len(gzip.compress(content, 9, mtime=0)),
        multiply_adds=cost.multiply_adds(weights, shape),
        agreement=same,
        digest=hashlib.sha256(content).hexdigest()[:16],
    )


def _origin(origin: Origin) -> dict[str, Any]:
    return {f.name: getattr(origin, f.name) for f in dataclasses.fields(origin)}


def share_equal(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of equal entries of two label arrays."""
    return float(np.mean(predicted == labels))


def confusion_counts(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return counts (classes, classes): row true class, column predicted class."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def class_accuracies(confusion: np.ndarray) -> tuple[float | None, ...]:
    """Return each class's share of right predictions, None for a class without images."""
    totals = confusion.sum(axis=1)
    right = confusion.diagonal()
    return tuple(float(r / n) if n else None for r, n in zip(right, totals, strict=True))


def layers_of(weights: Weights) -> tuple[Layer, ...]:
    """Return the exact zeros and dead units of every layer, in the network's order."""
    names = dict.fromkeys(key.split("/")[0] for key in weights)
    return tuple(_layer(name, weights[f"{name}/kernel"], weights[f"{name}/bias"]) for name in names)


def _layer(name: str, kernel: np.ndarray, bias: np.ndarray) -> Layer:
    zeros = int((kernel == 0).sum() + (bias == 0).sum())
    parameters = kernel.size + bias.size
    dead = (kernel.reshape(-1, len(bias)) == 0).all(axis=0) & (bias == 0)
    return Layer(name, parameters, zeros, zeros / parameters, len(bias), int(dead.sum()))
