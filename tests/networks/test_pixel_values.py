"""A layer of the user's that has the name of the program's own stays in the network."""

import numpy as np
import pytest

from core.networks.builder import Draft
from core.networks.graph import predict
from core.networks.inference import outputs
from core.networks.keras_files.reader import read_network
from core.networks.keras_files.writer import write_network
from core.networks.layers import LAYER_KINDS as K
from core.networks.pixels import PIXELS, with_pixels, without_pixels
from tests.networks.random_networks import weights_of

pytestmark = pytest.mark.slow  # Keras
IMAGES = np.random.default_rng(0).random((4, 5, 5, 3)).astype(np.float32)


def in_front():
    """The layer reads the input, and all others read it."""
    draft = Draft((5, 5, 3))
    draft.add("pixel_values", K["Rescaling"]((3.0,), (0.5,)))
    draft.add("flatten", K["Flatten"]())
    draft.add("head", K["Dense"](3))
    return draft.network()


def beside():
    """The layer reads the input, and another one does."""
    draft = Draft((5, 5, 3))
    other = draft.add("conv", K["Conv2D"](2, (3,)))
    own = draft.add("pixel_values", K["Conv2D"](2, (3,)), "input")
    draft.add("add", K["Add"](), other, own)
    draft.add("flatten", K["Flatten"]())
    draft.add("head", K["Dense"](3))
    return draft.network()


@pytest.mark.parametrize("pixels", PIXELS)
@pytest.mark.parametrize("make", [in_front, beside])
def test_a_layer_that_is_named_as_the_programs_own_stays(tmp_path, make, pixels):
    network, path = make(), tmp_path / "own.keras"
    working, weights = with_pixels(network, pixels), weights_of(network)
    assert without_pixels(working) == network
    write_network(path, without_pixels(working), weights, scratch=tmp_path)
    assert "pixel_values" in read_network(path, scratch=tmp_path).network.by_name
    in_keras = outputs(working, weights, IMAGES)
    np.testing.assert_allclose(predict(working, weights, IMAGES), in_keras, rtol=1e-4, atol=1e-4)
