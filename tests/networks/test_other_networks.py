"""What stands around any network: its end, its pixels, fresh weights, where it is kept."""

import numpy as np
import pytest
from hypothesis import given, settings

from core.errors import NotFoundError, SettingsError, WeightsError
from core.networks.applications import application
from core.networks.builder import Draft
from core.networks.graph import Layer, Network, predict
from core.networks.initializers import initial_values
from core.networks.layers import LAYER_KINDS as K
from core.networks.layers.functions import FUNCTIONS
from core.networks.network_store import NetworkSummary, keep_network, kept_network
from core.networks.output_layer import ends_in, is_left_out, logits_of, with_classes
from core.networks.pixels import guess_pixels, with_pixels, without_pixels
from core.networks.prepare import prepare_for
from tests.networks.random_networks import networks, weights_of
from tests.pruning.graphs.tiny import CLASSES, DATASET, NETWORKS, perceptron, plain, residual, split

IMAGES = split(3, 0).images


def test_the_last_activation_is_found_and_left_out():
    assert ends_in(residual()) == "softmax"
    assert ends_in(plain()) == "linear"
    weights = weights_of(residual())
    logits = predict(logits_of(residual()), weights, IMAGES)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    whole = predict(residual(), weights, IMAGES)
    np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True), whole, rtol=1e-5)


def test_a_softmax_layer_of_its_own_is_found_behind_a_reshape():
    draft = Draft((9, 9, 1))
    draft.add("conv", K["Conv2D"](3, (9,)))
    draft.add("softmax", K["Softmax"]())
    draft.add("flatten", K["Flatten"]())
    network = draft.network()
    assert ends_in(network) == "softmax"
    logits = predict(logits_of(network), weights_of(network), IMAGES)
    assert not np.allclose(logits.sum(axis=1), 1)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_without_its_last_activation_a_network_keeps_the_order_of_the_classes(function):
    draft = Draft((3,))
    draft.add("last", K["Activation"](function))
    values = np.sort(np.random.default_rng(0).uniform(-5, 5, (200, 3))).astype(np.float32)
    network = draft.network()
    if is_left_out(network):
        assert (np.diff(predict(network, {}, values)) > 0).all()
    else:
        assert logits_of(network) == network


def test_a_softmax_along_another_axis_than_the_classes_stays():
    draft = Draft((6,))
    draft.add("pairs", K["Reshape"]((3, 2)))
    draft.add("softmax", K["Softmax"]())
    draft.add("flatten", K["Flatten"]())
    assert logits_of(draft.network()) == draft.network()


def test_a_new_last_layer_has_the_classes_and_the_rest_keeps_its_weights():
    weights = weights_of(residual())
    network, changed, note = with_classes(residual(), weights, 7, 0)
    assert network.classes == 7
    assert note == "The last layer, head, is new: it tells 7 classes apart in the place of 3."
    assert changed["head/kernel"].shape == (6, 7)
    assert all(changed[n] is weights[n] for n in weights if not n.startswith("head"))


def test_a_new_last_layer_behind_a_reshape():
    draft = Draft((9, 9, 1))
    draft.add("conv", K["Conv2D"](3, (9,)))
    draft.add("reshape", K["Reshape"]((3,)))
    draft.add("softmax", K["Activation"]("softmax"))
    network, _, _ = with_classes(draft.network(), None, 5, 0)
    assert network.classes == 5


def test_a_network_that_ends_in_pooling_gets_no_new_last_layer():
    draft = Draft((9, 9, 1))
    draft.add("conv", K["Conv2D"](3, (3,)))
    draft.add("pool", K["GlobalAveragePooling2D"]())
    with pytest.raises(SettingsError, match="End it in a Dense layer"):
        with_classes(draft.network(), None, 5, 0)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [("0..1", lambda x: x), ("-1..1", lambda x: 2 * x - 1), ("0..255", lambda x: 255 * x)],
)
def test_pixels_reach_the_network_in_its_own_range(pixels, expected):
    weights = weights_of(residual())
    working = with_pixels(residual(), pixels)
    np.testing.assert_allclose(
        predict(working, weights, IMAGES),
        predict(residual(), weights, expected(IMAGES).astype(np.float32)),
        rtol=1e-4,
        atol=1e-6,
    )
    assert without_pixels(working) == residual()


def test_imagenets_mean_is_taken_off_each_colour():
    layer = with_pixels(
        Network((Layer("in", K["InputLayer"]((2, 2, 3))), Layer("d", K["Flatten"](), ("in",)))),
        "imagenet",
    ).layers[1]
    assert layer.settings.scale[0] == pytest.approx(1 / 0.229)
    assert layer.settings.offset[2] == pytest.approx(-0.406 / 0.225)


def test_pixels_are_guessed_from_the_first_layers():
    draft = Draft((9, 9, 1))
    draft.add("rescaling", K["Rescaling"]((1 / 255,)))
    draft.add("flatten", K["Flatten"]())
    assert guess_pixels(draft.network()) == "0..255"
    assert guess_pixels(residual()) == "0..1"
    with pytest.raises(SettingsError, match="Choose one of"):
        with_pixels(residual(), "bytes")


def test_pixels_are_guessed_from_a_mean_that_was_adapted():
    draft = Draft((9, 9, 3))
    draft.add("adapted", K["Normalization"]())
    draft.add("flatten", K["Flatten"]())
    network = draft.network()
    for mean, pixels in ((125.0, "0..255"), (0.5, "0..1")):
        found = guess_pixels(network, {"adapted/mean": np.full(3, mean, np.float32)})
        assert found == pixels
    assert guess_pixels(network) == "0..1"


def test_fresh_weights_begin_as_keras_does():
    fresh = initial_values(residual(), 0)
    assert (fresh["stem_bn/gamma"] == 1).all()
    assert (fresh["stem_bn/moving_variance"] == 1).all()
    assert (fresh["head/bias"] == 0).all()
    limit = np.sqrt(6 / (9 * (1 + 6)))
    assert np.abs(fresh["stem/kernel"]).max() <= limit
    assert np.abs(fresh["stem/kernel"]).max() > 0.5 * limit


@given(network=networks())
@settings(max_examples=10, deadline=None)
def test_a_network_comes_back_from_where_it_is_kept(tmp_path_factory, network):
    folder, weights = tmp_path_factory.mktemp("networks"), weights_of(network)
    bare, whole = keep_network(folder, network), keep_network(folder, network, weights)
    assert bare == network.digest
    assert bare != whole
    assert kept_network(folder, bare) == (network, None)
    again, arrays = kept_network(folder, whole)
    assert again == network
    assert all(np.array_equal(arrays[name], weights[name]) for name in weights)
    assert keep_network(folder, network, weights) == whole


@pytest.mark.slow
def test_efficientnet_whose_normalization_counts_comes_back_from_where_it_is_kept(tmp_path):
    made = application("EfficientNetB0", (32, 32, 3), 3)
    whole = initial_values(made, 0)
    network, arrays = kept_network(tmp_path, keep_network(tmp_path, made, whole))
    assert network.parameter_shapes() == {name: a.shape for name, a in arrays.items()}
    assert "()" in {str(array.shape) for array in arrays.values()}  # the count


def test_slashes_in_names_become_what_keras_allows(tmp_path):
    layers = (
        Layer("in", K["InputLayer"]((2, 2, 1))),
        Layer("a/b", K["Flatten"](), ("in",)),
        Layer("a/c", K["Dense"](2), ("a/b",)),
    )
    weights = weights_of(Network(layers))
    network, arrays = kept_network(tmp_path, keep_network(tmp_path, Network(layers), weights))
    assert [layer.name for layer in network.layers] == ["in", "a_b", "a_c"]
    assert np.array_equal(arrays["a_c/kernel"], weights["a/c/kernel"])


def test_a_network_that_is_gone_or_damaged_is_said(tmp_path):
    with pytest.raises(NotFoundError, match="no longer here"):
        kept_network(tmp_path, "0" * 16)
    digest = keep_network(tmp_path, residual())
    (tmp_path / f"{digest}.npz").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="damaged"):
        kept_network(tmp_path, digest)


def test_a_summary_is_stored_and_read():
    summary = NetworkSummary.of(residual(), "mine.keras", "-1..1")
    assert NetworkSummary.from_dict(summary.to_dict()) == summary
    assert summary.parameters == residual().parameters
    with pytest.raises(SettingsError, match="impossible"):
        NetworkSummary("0", "x", (1,), 1, -5, 0)


def test_images_become_rows_of_values_for_a_perceptron():
    data = prepare_for(DATASET, perceptron())
    assert data.train.images.shape == (48, 81)
    assert data.notes[0] == "Every image is read as a row of values."
    assert data.class_names == CLASSES


def test_a_network_of_other_classes_or_values_is_said():
    network, _, _ = with_classes(residual(), None, 4, 0)
    with pytest.raises(SettingsError, match="new last layer"):
        prepare_for(DATASET, network)
    draft = Draft((80,))
    draft.add("dense", K["Dense"](3))
    with pytest.raises(SettingsError, match="reads 80 values"):
        prepare_for(DATASET, draft.network())


@pytest.mark.slow
def test_a_model_of_keras_applications_gets_a_new_last_layer():
    mobile = application("MobileNet", (32, 32, 3), 1000)
    network, _, _ = with_classes(mobile, None, 5, 0)
    assert network.classes == 5


def test_every_tiny_network_reads_the_data():
    for network in NETWORKS.values():
        assert prepare_for(DATASET, network).network is network
