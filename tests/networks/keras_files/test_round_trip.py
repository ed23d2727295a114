"""Networks written as Keras files and read again; Keras itself wrote what is read first."""

import numpy as np
import pytest

from core.errors import WeightsError
from core.evaluation.cost import zeros
from core.networks.builder import Draft
from core.networks.catalogue import CATALOGUE
from core.networks.graph import predict
from core.networks.keras_files.handed_in import read_handed_in
from core.networks.keras_files.reader import read_network
from core.networks.keras_files.writer import write_network
from core.networks.keras_model import build, put
from core.networks.layers import LAYER_KINDS
from core.pruning.one_shot import smallest_weights, units_for_sparsity
from core.randomness import generator
from tests.networks.random_networks import weights_of

pytestmark = pytest.mark.slow
SMALL = CATALOGUE["lenet-5"].network((16, 16, 1), 3)


def nested_model():
    """Return a model with a Normalization, a nested Sequential and a nested functional model."""
    import keras
    from keras import layers

    inner = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv"), layers.BatchNormalization()],
        name="inner",
    )
    start = keras.Input((4,))
    tail = keras.Model(start, layers.Dense(2, name="dense")(start), name="tail")
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Normalization(name="norm"),
            inner,
            layers.GlobalAveragePooling2D(),
            layers.Dense(4, name="dense", activation="relu"),
            tail,
            layers.Dense(3, name="last"),
        ]
    )
    rng = generator(0, "nested")
    model.get_layer("norm").adapt(rng.normal(2, 3, (20, 8, 8, 3)).astype(np.float32))
    model.set_weights(
        [
            w if i < 3 else (np.abs(rng.normal(size=w.shape)) + 0.1).astype(np.float32)
            for i, w in enumerate(model.get_weights())
        ]
    )
    return model


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_model_of_keras_is_read_and_predicts_the_same(tmp_path, name):
    model = nested_model()
    model.save(tmp_path / name)
    found = read_network(tmp_path / name, scratch=tmp_path)
    images = generator(0, "images").normal(size=(3, 8, 8, 3)).astype(np.float32)
    ours = predict(found.network, found.weights, images)
    assert np.abs(ours - np.asarray(model(images))).max() < 1e-4


def test_an_architecture_alone_has_no_weights(tmp_path):
    found = read_network(build(SMALL).to_json().encode(), scratch=tmp_path)
    assert found.weights is None
    assert found.network.parameter_shapes() == SMALL.parameter_shapes()


@pytest.mark.parametrize("name", ["out.keras", "out.h5"])
def test_what_is_written_is_read_with_the_same_values(tmp_path, name):
    weights = smallest_weights(SMALL, weights_of(SMALL), 0.9)
    write_network(tmp_path / name, SMALL, weights, scratch=tmp_path)
    again = read_network(tmp_path / name, scratch=tmp_path)
    assert again.network == SMALL
    assert all(np.array_equal(again.weights[key], weights[key]) for key in weights)
    assert zeros(again.weights) == round(0.9 * SMALL.parameters)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_a_compact_network_is_written_and_keras_loads_it(tmp_path):
    import keras

    cut = units_for_sparsity(SMALL, weights_of(SMALL), 0.8)
    assert cut.network.parameters <= 0.2 * SMALL.parameters
    write_network(tmp_path / "small.keras", cut.network, cut.small, scratch=tmp_path)
    images = generator(0, "images").random((4, 16, 16, 1)).astype(np.float32)
    loaded = np.asarray(keras.models.load_model(tmp_path / "small.keras")(images))
    full = build(SMALL)
    put(full, SMALL, cut.full)
    assert np.abs(loaded - np.asarray(full(images))).max() < 1e-5


def test_names_that_keras_3_does_not_allow_are_written_all_the_same(tmp_path):
    from core.networks.builder import Draft
    from core.networks.layers import LAYER_KINDS as K

    draft = Draft((4,))
    draft.add("a/dense", K["Dense"](3))
    draft.add("a_dense", K["Dense"](2))
    network = draft.network()
    write_network(tmp_path / "out.keras", network, weights_of(network), scratch=tmp_path)
    found = read_network(tmp_path / "out.keras", scratch=tmp_path).network
    assert [layer.name for layer in found.layers] == ["input", "a_dense_", "a_dense"]


def test_files_that_hold_no_network_are_refused_with_a_remedy(tmp_path):
    model = build(SMALL)
    model.save_weights(tmp_path / "only.weights.h5")
    with pytest.raises(WeightsError, match=r"without an architecture.*model.save"):
        read_network(tmp_path / "only.weights.h5", scratch=tmp_path)
    with pytest.raises(WeightsError, match="not a network's file"):
        read_network(b"hello", scratch=tmp_path)
    with pytest.raises(WeightsError, match="as .keras or .h5, but out.pt"):
        write_network(tmp_path / "out.pt", SMALL, weights_of(SMALL))


def test_an_architecture_that_disagrees_with_its_weights_is_refused_by_layer(tmp_path):
    import json
    import zipfile

    build(SMALL).save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as file:
        parts = {name: file.read(name) for name in file.namelist()}
    config = json.loads(parts["config.json"])
    dense = next(each for each in config["config"]["layers"] if each["config"]["name"] == "dense1")
    dense["config"]["units"] = 400
    with zipfile.ZipFile(tmp_path / "odd.keras", "w") as file:
        for name, content in {**parts, "config.json": json.dumps(config)}.items():
            file.writestr(name, content)
    said = r"'dense1' \(Dense\) has \(50, 500\), \(500,\) in the file.*kernel \(50, 400\)"
    with pytest.raises(WeightsError, match=said):
        read_network(tmp_path / "odd.keras", scratch=tmp_path)


def test_a_network_of_bfloat16_is_read_as_keras_stores_it(tmp_path):
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Normalization(name="norm"),
            layers.Dense(3, name="dense", dtype="bfloat16"),
        ]
    )
    model.get_layer("norm").adapt(np.arange(20, dtype=np.float32).reshape(5, 4))
    model.save(tmp_path / "half.keras")
    found = read_network(tmp_path / "half.keras", scratch=tmp_path)
    stored = model.get_layer("dense").kernel.numpy().astype(np.float32)
    np.testing.assert_array_equal(found.weights["dense/kernel"], stored)
    assert "Weights stored as bfloat16 were converted to float32." in found.notes
    assert not [note for note in found.notes if "int" in note]  # a count is no weight


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_hard_sigmoid_of_keras_2_is_said_to_have_another_slope(tmp_path):
    import keras
    import tf_keras

    for ending in ("h5", "keras"):
        for make, name, is_other in ((keras, "new", False), (tf_keras, "old", True)):
            layers = [make.layers.Input((4,)), make.layers.Dense(3, activation="hard_sigmoid")]
            make.Sequential(layers).save(tmp_path / f"{name}.{ending}")
            found = read_network(tmp_path / f"{name}.{ending}", scratch=tmp_path)
            said = any("slope of 1/6" in note for note in found.notes)
            assert said == is_other, (name, ending)


def test_a_network_of_many_layers_may_be_asked_for(tmp_path):
    """What the reader is asked does not fit an argument of a command."""
    draft = Draft((4,))
    for number in range(1500):
        draft.add(f"a_layer_with_a_long_name_{number}", LAYER_KINDS["ReLU"]())
    draft.add("head", LAYER_KINDS["Dense"](2))
    with pytest.raises(WeightsError, match="is not a network's file"):
        read_handed_in(b"nothing", draft.network(), scratch=tmp_path)
