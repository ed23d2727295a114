"""A point's numbers are those of the file on disk."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.data.dataset import Split
from core.evaluation.accuracy import class_accuracies
from core.evaluation.latency import alive
from core.evaluation.point import Origin, Point, layers_of, measure
from core.networks.compact import compact
from core.networks.formats import keras_h5
from core.networks.forward import predict_logits
from core.networks.network import NetworkShape, initial_weights
from core.networks.prepare import Prepared
from tests.evaluation.points import point


def test_a_point_survives_json() -> None:
    before = point(0.7, 0.9, notes=("Pruned by hand.",), per_class_accuracy=(0.7, None))
    assert Point.from_json(json.loads(json.dumps(before.to_json()))) == before


def test_keys_of_a_newer_version_are_ignored() -> None:
    values = point(0.7, 0.9).to_json() | {"carbon_grams": 3.0}
    assert Point.from_json(values) == point(0.7, 0.9)


def test_every_layer_is_counted_with_its_biases() -> None:
    shape = NetworkShape((10, 10, 1), 2, (1, 1, 1, 1, 2))
    weights = initial_weights(shape, seed=0)
    weights["conv1/kernel"] = np.zeros((3, 3, 1, 1), np.float32)
    weights["conv1/kernel"][0, 0] = 1e-30  # tiny, but not zero
    first, *_ = layers_of(weights, shape)
    # 9 + 1 parameters; one is not exactly zero, so the unit lives
    assert (first.name, first.parameters, first.zeros, first.sparsity) == ("conv1", 10, 9, 0.9)
    assert (first.units, first.dead_units) == (1, 0)


def test_a_class_without_images_has_no_accuracy() -> None:
    answers = np.array([[0.9, 0.1, 0.0], [0.4, 0.6, 0.0], [0.0, 1.0, 0.0]])
    assert class_accuracies(answers, np.array([0, 0, 1])) == (0.5, 1.0, None)


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    rng = np.random.default_rng(0)
    images = rng.random((40, 10, 10, 1), dtype=np.float32)
    labels = np.arange(40) % 2
    split = Split(images, labels)
    shape = NetworkShape((10, 10, 1), 2, (2, 2, 3, 3, 4))
    return Prepared(split, split.take(np.arange(20)), split, ("a", "b"), shape, (), "0" * 16)


@pytest.mark.slow
def test_a_point_is_measured_from_the_file_on_disk(prepared: Prepared, tmp_path: Path) -> None:
    weights = initial_weights(prepared.shape, seed=1)
    weights["dense1/kernel"][:, 0] = 0
    path = tmp_path / "my_model_weights.h5"
    keras_h5.write(path, weights)
    origin = Origin(id="7", label="half", method="magnitude", plan={"sparsity": 0.5}, seed=3)
    seen = measure(path, prepared.shape, prepared, origin, dense=weights)
    zeros = sum(int((array == 0).sum()) for array in weights.values())
    assert (seen.zeros, seen.parameters) == (zeros, prepared.shape.parameters)
    assert seen.sparsity == zeros / prepared.shape.parameters
    assert sum(sum(row) for row in seen.confusion) == 40
    assert seen.accuracy == (seen.confusion[0][0] + seen.confusion[1][1]) / 40
    assert seen.agreement == 1.0
    assert seen.size_bytes == path.stat().st_size > seen.gzip_bytes
    assert (seen.id, seen.method, seen.seed) == ("7", "magnitude", 3)
    assert seen.latency_seconds is not None
    assert seen.latency_seconds > 0


@pytest.mark.slow
def test_only_units_that_speak_and_are_heard_are_alive(prepared: Prepared) -> None:
    weights = initial_weights(prepared.shape, seed=1)
    weights["conv1/kernel"][..., 0] = 0  # silent
    weights["conv3/kernel"][:, :, 1, :] = 0  # conv2's channel 1 is read by nobody
    kept = alive(weights)
    assert kept["conv1"].tolist() == [1]
    assert kept["conv2"].tolist() == [0]
    small = compact(weights, kept)
    images = prepared.holdout.images
    np.testing.assert_allclose(
        predict_logits(small, images), predict_logits(weights, images), atol=1e-5
    )
