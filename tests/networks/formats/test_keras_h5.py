"""my_model_weights.h5: written deterministically, loaded bit-equal by Keras 2 and Keras 3."""

import hashlib

import h5py
import numpy as np
import pytest

from core.errors import WeightsError
from core.networks.formats import keras_h5
from core.networks.network import REFERENCE, NetworkShape, initial_weights
from tests.networks.formats.parsed import parse
from tests.numpy_forward import probabilities

SMALL = NetworkShape((12, 12, 1), 3, (2, 3, 4, 5, 6))


@pytest.fixture(scope="module")
def weights():
    drawn = initial_weights(REFERENCE, 3)
    rng = np.random.Generator(np.random.PCG64(3))
    drawn |= {
        name: rng.normal(0, 0.1, value.shape).astype(np.float32)
        for name, value in drawn.items()
        if name.endswith("bias")
    }
    return drawn


@pytest.fixture(scope="module")
def file(weights, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "my_model_weights.h5"
    keras_h5.write(path, weights)
    return path


@pytest.fixture(scope="module")
def images():
    return np.random.Generator(np.random.PCG64(4)).random((8, 25, 25, 3), np.float32)


def assignment_model(keras):
    """Return the network as the assignment's notebook builds it, in any Keras."""
    layers = keras.layers
    l2 = keras.regularizers.L2(1e-5)
    return keras.Sequential(
        [
            keras.Input((25, 25, 3)),
            layers.Conv2D(32, (3, 3), padding="same", kernel_regularizer=l2),
            layers.Activation("relu"),
            layers.Conv2D(32, (3, 3), kernel_regularizer=l2),
            layers.Activation("relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(0.25),
            layers.Conv2D(64, (3, 3), padding="same", kernel_regularizer=l2),
            layers.Activation("relu"),
            layers.Conv2D(64, (3, 3), kernel_regularizer=l2),
            layers.Activation("relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(512),
            layers.Activation("relu"),
            layers.Dropout(0.5),
            layers.Dense(5),
            layers.Activation("softmax"),
        ]
    )


@pytest.mark.slow
@pytest.mark.parametrize("package", ["tf_keras", "keras"])
def test_keras_loads_the_file_bit_equal_and_predicts_the_same(package, file, weights, images):
    model = assignment_model(load(package))
    model.load_weights(str(file))
    for loaded, ours in zip(model.get_weights(), weights.values(), strict=True):
        np.testing.assert_array_equal(loaded, ours)
    predicted = np.asarray(model(images, training=False))
    np.testing.assert_allclose(predicted, probabilities(weights, images), atol=1e-6)


def load(package):
    return __import__(package)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("tf_keras", "legacy.h5"),
        ("keras", "new.weights.h5"),
        ("keras", "whole.keras"),
        ("keras", "whole.h5"),
        ("tf_keras", "whole.h5"),
        ("tf_keras", "whole.keras"),
    ],
)
def test_files_that_keras_wrote_are_read_bit_equal(package, name, file, weights, tmp_path):
    keras = load(package)
    for _ in range(2):  # the second model's layers are numbered conv2d_4 and up
        model = assignment_model(keras)
    model.load_weights(str(file))
    path = tmp_path / name
    if name.startswith("whole"):
        model.save(path)
    else:
        model.save_weights(str(path))
    read, notes = keras_h5.read_upload(name, path, REFERENCE, scratch=tmp_path)
    assert list(read) == list(weights)
    for key, value in weights.items():
        np.testing.assert_array_equal(read[key], value)
    assert any("only its weights" in note for note in notes) == name.startswith("whole")


@pytest.mark.slow
@pytest.mark.parametrize("package", ["tf_keras", "keras"])
def test_files_of_trained_models_are_read_without_their_optimizer_and_metrics(package, tmp_path):
    model = assignment_model(load(package))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(np.zeros((2, 25, 25, 3)), np.zeros(2), verbose=0)
    model.save(tmp_path / "whole.keras")
    model.save_weights(str(tmp_path / "new.weights.h5"))
    for name in ("whole.keras", "new.weights.h5"):
        read, _ = keras_h5.read_upload(name, tmp_path / name, REFERENCE, scratch=tmp_path)
        for array, trained in zip(read.values(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(array, trained)


def augmented(keras):
    layers = keras.layers
    front = [layers.RandomFlip("horizontal"), layers.RandomRotation(0.1), layers.GaussianNoise(0.1)]
    return keras.Sequential([keras.Input((25, 25, 3)), *front, *assignment_model(keras).layers])


def nested(keras):
    images = keras.Input((25, 25, 3))
    return keras.Model(images, assignment_model(keras)(images))


def subclassed(keras):
    """Return a model with attributes of its own, which sort otherwise than they are called."""

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            first, second, third, fourth, head, last = (
                layer for layer in assignment_model(keras).layers if layer.weights
            )
            self.stem, self.block, self.again, self.deep = first, second, third, fourth
            self.output_layer, self.hidden = last, head
            self.pool, self.flat = keras.layers.MaxPooling2D(), keras.layers.Flatten()

        def call(self, x):
            x = self.pool(self.block(self.stem(x)))
            return self.output_layer(self.hidden(self.flat(self.pool(self.deep(self.again(x))))))

    model = Own()
    model(np.zeros((1, 25, 25, 3), np.float32))
    return model


FILES = [
    *((augmented, name) for name in ("a.keras", "a.h5", "a.weights.h5")),
    *((nested, name) for name in ("n.keras", "n.h5")),
    (subclassed, "s.weights.h5"),
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("package", ["tf_keras", "keras"])
@pytest.mark.parametrize(("make", "name"), FILES)
def test_models_around_the_network_are_read_alike_with_and_without_its_shape(
    package, make, name, weights, tmp_path
):
    model = make(load(package))
    ours = {array.shape: array for array in weights.values()}
    model.set_weights([ours[array.shape] for array in model.get_weights()])
    path = tmp_path / name
    (model.save_weights if ".weights." in name else model.save)(str(path))
    for shapes in (REFERENCE, None):  # as it is graded, and as it is pruned
        read, notes = parse(path.read_bytes(), shapes, images=(25, 25, 3))
        assert list(read) == list(weights)
        assert all(np.array_equal(read[key], ours[value.shape]) for key, value in weights.items())
        assert not [note for note in notes if "another network" in note]


def test_reading_returns_what_was_written(file, weights):
    read = keras_h5.read(file, REFERENCE)
    assert list(read) == list(weights)
    assert all(np.array_equal(read[name], weights[name]) for name in weights)


def test_the_same_weights_make_the_same_bytes(weights, file, tmp_path):
    keras_h5.write(tmp_path / "again.h5", weights)
    digests = {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (file, tmp_path / "again.h5")
    }
    assert len(digests) == 1


def test_the_file_lists_its_layers_as_keras_2_does(file):
    with h5py.File(file) as opened:
        names = [name.decode() for name in opened.attrs["layer_names"]]
        assert [name for name in names if len(opened[name].attrs["weight_names"])] == [
            *("conv2d", "conv2d_1", "conv2d_2", "conv2d_3"),
            *("dense", "dense_1"),
        ]
        assert opened.attrs["backend"] == b"tensorflow"
        assert sum(opened[f"{n}/{n}/{p}:0"].size for n, p in parts(names)) == 592_933


def parts(names):
    return [(n, p) for n in names if n.startswith(("conv", "dense")) for p in ("kernel", "bias")]


def test_a_failed_write_leaves_the_earlier_file(weights, tmp_path):
    path = tmp_path / "my_model_weights.h5"
    keras_h5.write(path, weights)
    before = path.read_bytes()
    with pytest.raises(KeyError):
        keras_h5.write(path, {"conv1/kernel": weights["conv1/kernel"]})
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["my_model_weights.h5"]


def test_a_compact_network_is_written_and_read_without_naming_its_shape(tmp_path):
    small = initial_weights(SMALL, 1)
    keras_h5.write(tmp_path / "small.h5", small)
    read = keras_h5.read(tmp_path / "small.h5")
    assert {name: value.shape for name, value in read.items()} == SMALL.parameter_shapes()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WeightsError, match="The weights file gone.h5 cannot be read"):
        keras_h5.read(tmp_path / "gone.h5")


def test_a_file_of_another_network_names_layer_expected_and_found(tmp_path):
    keras_h5.write(tmp_path / "small.h5", initial_weights(SMALL, 1))
    with pytest.raises(WeightsError, match=r"conv2d \(conv1\) .*\(3, 3, 1, 2\).*\(3, 3, 3, 32\)"):
        keras_h5.read(tmp_path / "small.h5", REFERENCE)


def test_kept_weights_are_found_by_the_digest_of_their_values(tmp_path):
    small = initial_weights(SMALL, 1)
    digests = {keras_h5.keep(tmp_path, dict(small)) for _ in range(2)}
    other = keras_h5.keep(tmp_path, initial_weights(SMALL, 2))
    assert len(digests) == 1
    assert other not in digests
    assert len(list(tmp_path.glob("*.h5"))) == 2
