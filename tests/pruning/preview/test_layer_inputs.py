"""Cached layer inputs are those computed anew, and each is computed once."""

import numpy as np
import pytest

from core.networks.network import LAYERS
from core.pruning.activations import every_image, forward, read_rows, sample_positions
from core.pruning.layerwise import Partial
from core.pruning.preview import layer_inputs
from core.pruning.preview.layer_inputs import LayerInputs
from tests.pruning import tiny

pytestmark = pytest.mark.slow  # TensorFlow

IMAGES = tiny.data().train.images[:20]


def positions(layer):
    if layer.startswith("dense"):
        return every_image(len(IMAGES))
    return sample_positions(layer, tiny.SHAPE, len(IMAGES), 60, np.random.default_rng(0))


@pytest.fixture
def computed(monkeypatch):
    """The layers that were run, in order."""
    ran = []

    def counted(weights, value, layer):
        ran.append(layer)
        return forward(weights, value, layer)

    monkeypatch.setattr(layer_inputs, "forward", counted)
    return ran


@pytest.mark.parametrize("layer", LAYERS)
def test_rows_are_those_of_the_reader_that_forgets(layer):
    reader = LayerInputs()
    for weights in (tiny.weights(), tiny.weights(seed=1), tiny.weights()):
        rows = reader.read_rows(weights, IMAGES, layer, positions(layer))
        wanted = read_rows(weights, IMAGES, layer, positions(layer))
        np.testing.assert_allclose(rows, wanted, atol=1e-6)


def test_every_layer_runs_once_for_all_readers(computed):
    reader = LayerInputs()
    for layer in (*LAYERS, *LAYERS):
        reader.read_rows(tiny.weights(), IMAGES, layer, positions(layer))
    assert computed == [*LAYERS[:-1]]


def test_after_a_cut_only_what_it_changed_runs_again(computed):
    reader, whole = LayerInputs(), Partial(tiny.weights(), tiny.SHAPE, {})
    reader.read_rows(whole.weights, IMAGES, "dense2", positions("dense2"))
    computed.clear()
    cut = whole.with_layer("conv3", np.array([0, 2, 5]))
    rows = reader.read_rows(cut.weights, IMAGES, "conv4", positions("conv4"))
    assert computed == ["conv3"]
    wanted = read_rows(cut.weights, IMAGES, "conv4", positions("conv4"))
    np.testing.assert_allclose(rows, wanted, atol=1e-6)


def test_other_images_are_not_taken_for_those_in_the_cache():
    reader = LayerInputs()
    reader.read_rows(tiny.weights(), IMAGES, "conv2", positions("conv2"))
    rows = reader.read_rows(tiny.weights(), IMAGES[::-1], "conv2", positions("conv2"))
    wanted = read_rows(tiny.weights(), IMAGES[::-1], "conv2", positions("conv2"))
    np.testing.assert_allclose(rows, wanted, atol=1e-6)
