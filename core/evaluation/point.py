"""A point: everything measured of one network, after it was saved and read again."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.digests import digest_of
from core.evaluation import cost
from core.evaluation.accuracy import accuracy, agreement, class_accuracies, confusion, predict
from core.evaluation.counts import STORED, Counts
from core.evaluation.latency import seconds_per_image
from core.evaluation.score import score
from core.networks.formats import keras_h5
from core.networks.network import NetworkShape, Weights
from core.records import Record
from core.settings import digest as digest_of_settings

if TYPE_CHECKING:
    from core.networks.graph import Network
    from core.networks.prepare import Prepared, Splits


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


@dataclass(frozen=True)
class Counted:
    """What is counted layer by layer. multiply_adds: per image, with weights that are not zero."""

    layers: tuple[Layer, ...]
    multiply_adds: int


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
    confusion: Counts = field(metadata=STORED)
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

    def with_full_plan(self, plan: Mapping[str, object]) -> "Point":
        """Return the point with its plan told in full; its identity stays the stored plan's."""
        _ = self.plan_digest  # kept by the copy
        other = copy.copy(self)
        object.__setattr__(other, "plan", plan)
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
    counted = Counted(layers_of(weights, shape), cost.useful_multiply_adds(weights, shape))
    point = measured(path, weights, shape, prepared, origin, counted, dense)
    latency = seconds_per_image(weights, shape, prepared.holdout.images)
    return replace(point, latency_seconds=latency)


def measured(
    path: Path,
    weights: Weights,
    network: "NetworkShape | Network",
    data: "Splits",
    origin: Origin,
    counted: Counted,
    dense: Weights | None,
) -> Point:
    """Return everything but the latency of the network whose file at `path` held `weights`."""
    labels = data.holdout.labels
    holdout = predict(weights, network, data.holdout.images)
    validation = predict(weights, network, data.validation.images)
    reached = accuracy(holdout, labels)
    agreed = None
    if dense is not None:
        agreed = agreement(holdout, predict(dense, network, data.holdout.images))
    return Point(
        **vars(origin),
        **_of_file(path, weights, counted, reached),
        accuracy=reached,
        validation_accuracy=accuracy(validation, data.validation.labels),
        per_class_accuracy=class_accuracies(holdout, labels),
        confusion=as_rows(confusion(holdout, labels)),
        agreement=agreed,
    )


def measured_again(point: Point, path: Path, weights: Weights, counted: Counted) -> Point:
    """Return a point with what its network's file says in the place of what its zip says.

    The accuracy needs the images: it stays as claimed.
    """
    return replace(point, **_of_file(path, weights, counted, point.accuracy))


def _of_file(path: Path, weights: Weights, counted: Counted, accuracy: float) -> dict[str, Any]:
    """Return the fields of a point that follow from its file, and the score."""
    sparsity = cost.sparsity(weights)
    return {
        "parameters": cost.parameters(weights),
        "zeros": cost.zeros(weights),
        "sparsity": sparsity,
        "score": score(accuracy, sparsity),
        "layers": counted.layers,
        "size_bytes": cost.size_bytes(path),
        "gzip_bytes": cost.gzip_bytes(path),
        "multiply_adds": counted.multiply_adds,
        "digest": digest_of(path.read_bytes()),
    }


def as_rows(counts: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """Return a matrix of counts as plain numbers."""
    return tuple(tuple(int(n) for n in row) for row in counts)


def layers_of(weights: Weights, shape: NetworkShape) -> tuple[Layer, ...]:
    """Return the exact zeros and dead units of every layer, in the network's order."""
    return tuple(
        Layer(c.name, c.parameters, c.zeros, c.sparsity, c.units, c.dead_units)
        for c in cost.layer_costs(weights, shape)
    )
