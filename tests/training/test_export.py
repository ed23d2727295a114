import keras
import numpy as np
import pytest

from core.networks.compact import compact
from core.networks.network import REFERENCE, initial_weights
from core.networks.topology import CHANNEL_LAYERS
from core.training.export import compact_export, tflite, tflite_runner
from tests.numpy_forward import probabilities

pytestmark = pytest.mark.slow

WIDTHS = (8, 8, 16, 16, 24)
KEPT = dict(zip(CHANNEL_LAYERS, map(np.arange, WIDTHS), strict=True))
IMAGES = np.random.default_rng(1).random((2, 25, 25, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def small():
    return compact(initial_weights(REFERENCE, 1), KEPT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("export")


@pytest.fixture(scope="module")
def export(small, folder):
    return compact_export(small, (25, 25, 3), folder)


def test_the_keras_file_is_the_small_network(small, folder, export):
    model = keras.models.load_model(folder / export["keras"])
    assert model.count_params() == 10_589
    found = model(IMAGES, training=False).numpy()
    assert np.abs(found - probabilities(small, IMAGES)).max() < 1e-5


def test_the_litert_file_answers_the_same(small, folder, export):
    run = tflite_runner((folder / export["tflite"]).read_bytes())
    found = np.concatenate([run(image[None]) for image in IMAGES])
    assert np.abs(found - probabilities(small, IMAGES)).max() < 1e-5


def test_sizes_are_those_of_the_files_and_a_fraction_of_the_dense_one(folder, export):
    assert export["keras_bytes"] == (folder / export["keras"]).stat().st_size
    assert export["tflite_bytes"] == (folder / export["tflite"]).stat().st_size
    # 592,933 against 10,589 float32 values, plus a few kilobytes of structure.
    assert len(tflite(initial_weights(REFERENCE, 1), REFERENCE)) > 592_933 * 4
    assert 10_589 * 4 < export["tflite_bytes"] < 10_589 * 4 + 10_000
    assert export["latency_seconds"] > 0
