"""A point: everything measured of one network, after it was saved and read again."""

import copy
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.digests import digest_of
from core.evaluation import cost
from core.evaluation.accuracy import accuracy, agreement, class_accuracies, confusion, predict
from core.evaluation.latency import seconds_per_image
from core.evaluation.score import score
from core.networks.formats import keras_h5
from core.networks.network import NetworkShape, Weights
from core.records import Record
from core.settings import digest as digest_of_settings

if TYPE_CHECKING:
    from core.networks.prepare import Prepared


@dataclass(frozen=True)
class Layer:
    """One layer's count of exact zeros; dead units say nothing or are read by nobody."""

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
    plan: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    epochs: float = 0.0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    parent: str = ""


# The note of a network that came in a zip from elsewhere: no number of it was measured here.
IMPORTED = "Imported: measured elsewhere, not on this machine."


@dataclass(frozen=True)
class Point(Record):
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
    plan: Mapping[str, object]
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

    @property
    def imported(self) -> bool:
        """Whether its numbers are somebody else's word."""
        return IMPORTED in self.notes

    @cached_property
    def plan_digest(self) -> str:
        """Identity of method, plan and epochs: runs that share it repeat one another."""
        return digest_of_settings({"method": self.method, "plan": self.plan, "epochs": self.epochs})

    def called(self, label: str) -> "Point":
        """Return the point under another label."""
        other = copy.copy(self)  # keeps the digest, which thousands of points are grouped by
        object.__setattr__(other, "label", label)
        return other


def measure(
    path: Path,
    shape: NetworkShape,
    prepared: "Prepared",
    origin: Origin,
    dense: Weights | None = None,
) -> Point:
    """Return everything measured of the weights file at `path`, read again from disk.

    dense: the network to agree with; without it, agreement is None.
    Raises WeightsError if the file does not fit `shape`.
    """
    weights = keras_h5.read(path, shape)
    labels = prepared.holdout.labels
    holdout = predict(weights, shape, prepared.holdout.images)
    validation = predict(weights, shape, prepared.validation.images)
    reached, sparsity = accuracy(holdout, labels), cost.sparsity(weights)
    return Point(
        **_fields(origin),
        parameters=cost.parameters(weights),
        zeros=cost.zeros(weights),
        sparsity=sparsity,
        accuracy=reached,
        validation_accuracy=accuracy(validation, prepared.validation.labels),
        score=score(reached, sparsity),
        per_class_accuracy=class_accuracies(holdout, labels),
        confusion=as_rows(confusion(holdout, labels)),
        layers=layers_of(weights, shape),
        size_bytes=cost.size_bytes(path),
        gzip_bytes=cost.gzip_bytes(path),
        multiply_adds=cost.useful_multiply_adds(weights, shape),
        agreement=_agreement(holdout, dense, shape, prepared),
        digest=digest_of(path.read_bytes()),
        latency_seconds=seconds_per_image(weights, shape, prepared.holdout.images),
    )


def _agreement(
    answers: np.ndarray, dense: Weights | None, shape: NetworkShape, prepared: "Prepared"
) -> float | None:
    if dense is None:
        return None
    return agreement(answers, predict(dense, shape, prepared.holdout.images))


def _fields(origin: Origin) -> dict[str, Any]:
    return {f.name: getattr(origin, f.name) for f in dataclasses.fields(origin)}


def as_rows(counts: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """Return a matrix of counts as plain numbers."""
    return tuple(tuple(int(n) for n in row) for row in counts)


def layers_of(weights: Weights, shape: NetworkShape) -> tuple[Layer, ...]:
    """Return the exact zeros and dead units of every layer, in the network's order."""
    return tuple(
        Layer(c.name, c.parameters, c.zeros, c.sparsity, c.units, c.dead_units)
        for c in cost.layer_costs(weights, shape)
    )
