"""ONNX files: what every kind of layer writes, ONNX Runtime computes as we do."""

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings

from core.errors import WeightsError
from core.networks.builder import Draft
from core.networks.catalogue import CATALOGUE
from core.networks.formats.foreign import check_known
from core.networks.formats.onnx_file import onnx_bytes, onnx_graph, onnx_runner
from core.networks.graph import predict
from core.networks.initializers import initial_values
from core.networks.layers import LAYER_KINDS as K
from core.randomness import generator
from tests.networks.layers.test_kinds import CASES
from tests.networks.random_networks import networks, weights_of
from tests.pruning.graphs.tiny import NETWORKS

TOLERANCE = 1e-5  # of the largest output


def around(kind, shapes):
    """Return a network in which a layer reads one tensor of each shape, all of them different."""
    draft = Draft(shapes[0] if len(shapes[0]) < 3 else (*shapes[0][:2], 6))
    read = []
    for number, shape in enumerate(shapes):
        settings, last = K["Rescaling"]((1.0 + number,), (0.1 * number,)), "input"
        if shape[:-1] == (1, 1):
            last = draft.add(f"pooled{number}", K["GlobalMaxPooling2D"](True), last)
        if len(shape) == 3 and shape[-1] != 6:
            settings = K["Conv2D"](shape[-1], (1,))
        read.append(draft.add(f"before{number}", settings, last))
    draft.add("layer", kind, *read)
    return draft.network()


def by_onnx_runtime(content, images):
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {"images": images})[0]


def check(network, weights, count=3):
    """Hold both readers of the file against our own forward pass."""
    images = generator(0, "onnx").normal(size=(count, *network.input_shape)).astype(np.float32)
    wanted, content = predict(network, weights, images), onnx_bytes(network, weights)
    for run in (by_onnx_runtime, lambda content, images: onnx_runner(content)(images)):
        found = run(content, images)
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).max() <= TOLERANCE * max(1, np.abs(wanted).max())


@pytest.mark.parametrize(("kind", "shapes"), [case for case in CASES if case.values[1]])
def test_every_kind_of_layer_writes_what_it_computes(kind, shapes):
    network = around(kind, shapes)
    check(network, weights_of(network))


@pytest.mark.slow
@pytest.mark.parametrize("name", CATALOGUE)
def test_the_catalogue_predicts_the_same(name):
    network = CATALOGUE[name].network()
    check(network, initial_values(network, 0), count=1)


@pytest.mark.parametrize("name", NETWORKS)
def test_rows_and_sequences_are_written_too(name):
    check(NETWORKS[name], weights_of(NETWORKS[name]))


@pytest.mark.slow
@given(networks())
@settings(max_examples=40, deadline=None)
@pytest.mark.filterwarnings("ignore::RuntimeWarning:onnx.reference")  # of large numbers' sigmoid
def test_any_graph_predicts_the_same(network):
    check(network, weights_of(network))


def test_axes_are_turned_only_where_they_have_to_be():
    network = CATALOGUE["resnet-20"].network()
    graph, _ = onnx_graph(network, initial_values(network, 0))
    assert [node.op for node in graph.nodes].count("Transpose") == 1  # of the images


def test_what_is_no_onnx_file_is_refused():
    with pytest.raises(WeightsError, match="ONNX cannot take this network"):
        onnx_runner(b"nothing of the kind")


def test_a_graph_that_breaks_the_formats_rules_is_refused():
    network = around(K["Dense"](4), [(6,)])
    weights = weights_of(network)
    kernel = {"layer/kernel": weights["layer/kernel"][:5]}  # one row is missing
    with pytest.raises(WeightsError, match="ONNX cannot take this network"):
        onnx_runner(onnx_bytes(network, {**weights, **kernel}))


def test_our_onnx_file_handed_in_as_weights_is_called_what_it_is():
    network = around(K["Dense"](4), [(6,)])
    with pytest.raises(WeightsError, match="an ONNX model"):
        check_known(onnx_bytes(network, weights_of(network)))


def test_a_layer_without_nodes_of_its_own_passes_its_input_on():
    network = around(K["Dropout"](0.5), [(6,)])
    graph, _ = onnx_graph(network, weights_of(network))
    assert [node.op for node in graph.nodes] == ["Mul", "Add"]  # of the layer before
