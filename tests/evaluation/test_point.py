"""A point's numbers are those of the file on disk."""

import json

import numpy as np

from core.evaluation.point import (
    Point,
    class_accuracies,
    confusion_counts,
    layers_of,
)
from tests.evaluation.points import point


def test_a_point_survives_json() -> None:
    before = point(0.7, 0.9, notes=("Pruned by hand.",), per_class_accuracy=(0.7, None))
    assert Point.from_dict(json.loads(json.dumps(before.to_dict()))) == before


def test_keys_of_a_newer_version_are_ignored() -> None:
    values = point(0.7, 0.9).to_dict() | {"carbon_grams": 3.0}
    assert Point.from_dict(values) == point(0.7, 0.9)


def test_zeros_count_biases_and_only_exact_zeros() -> None:
    kernel = np.zeros((3, 3, 1, 2), dtype=np.float32)
    kernel[0, 0, 0, 1] = 1e-30  # tiny, but not zero
    bias = np.array([0.0, 0.0], dtype=np.float32)
    (layer,) = layers_of({"conv1/kernel": kernel, "conv1/bias": bias})
    # 18 + 2 parameters, all but one zero; unit 0 is dead, unit 1 is not
    assert (layer.parameters, layer.zeros, layer.units, layer.dead_units) == (20, 19, 2, 1)
    assert layer.sparsity == 0.95


def test_a_unit_with_a_bias_is_not_dead() -> None:
    kernel = np.zeros((4, 2), dtype=np.float32)
    bias = np.array([0.5, 0.0], dtype=np.float32)
    (layer,) = layers_of({"dense1/kernel": kernel, "dense1/bias": bias})
    assert layer.dead_units == 1


def test_confusion_has_true_classes_in_rows() -> None:
    counts = confusion_counts(np.array([0, 0, 1]), np.array([0, 1, 1]), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert class_accuracies(counts) == (0.5, 1.0, None)
