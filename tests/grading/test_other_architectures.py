"""Hand-ins of another architecture than the reference, under the names that their authors gave."""

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format

from core.commands.command_line import run
from core.data import store as datasets
from core.data.dataset import Split
from core.evaluation.accuracy import accuracy
from core.grading.grade import grade
from core.grading.kept_uploads import keep
from core.grading.spec import GradeSpec
from core.grading.submissions import Submission
from core.networks.catalogue import CATALOGUE
from core.networks.keras_files.architecture import parse
from core.networks.keras_files.orders import as_keras_lists
from core.networks.keras_model import build
from core.networks.network_store import keep_network
from core.networks.pixels import with_pixels
from core.progress import Silent
from core.tasks import grading
from tests.grading.test_grade import submitted
from tests.pruning.graphs.tiny import DATASET
from tests.runs.finished_lab import pruned_weights
from tests.tasks.test_other_networks import Lab

pytestmark = pytest.mark.slow  # TensorFlow
SIDE = 16
NETWORK = CATALOGUE["lenet-5"].network((SIDE, SIDE, 1), 3)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(1)
    pixels = rng.random((30, SIDE, SIDE, 1), dtype=np.float32)
    return Split(pixels, np.arange(30) % 3)


def students(layers=keras.layers, make=keras, side=SIDE, units=500, seed=0):
    """Return lenet-5 as somebody writes it down, a tenth of its first dense kernel zero."""
    keras.utils.set_random_seed(seed)
    model = make.Sequential(
        [
            layers.Input((side, side, 1)),
            layers.Conv2D(20, 5, activation="relu", name="first"),
            layers.MaxPooling2D(),
            layers.Dropout(0.1),
            layers.Conv2D(50, 5, activation="relu", name="second"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(units, "relu"),
            layers.Dropout(0.5),
            layers.Dense(3, "softmax", name="classes"),
        ]
    )
    kernel, bias = model.layers[-3].get_weights()
    kernel.reshape(-1)[: kernel.size // 10] = 0
    model.layers[-3].set_weights([kernel, bias])
    return model


def perceptron():
    """Return lenet-300-100 for the images of the job's data set."""
    layers = [keras.layers.Dense(units, "relu") for units in (300, 100)]
    first = [keras.layers.Input((9, 9, 1)), keras.layers.Flatten()]
    return keras.Sequential([*first, *layers, keras.layers.Dense(3, "softmax")])


def handed_in(path):
    return Submission(path.name, path.name, path)


def graded(path, images, network=NETWORK):
    (found,) = grade([handed_in(path)], images, network, Silent(), threshold=0.0)
    return found


@pytest.mark.parametrize("name", ["mine.keras", "mine.h5", "mine.weights.h5"])
def test_a_hand_in_is_graded_by_its_order_of_layers_whatever_they_are_called(
    tmp_path, images, name
):
    model = students()
    (model.save_weights if "weights" in name else model.save)(tmp_path / name)
    found = graded(tmp_path / name, images)
    answers = model(images.images, training=False).numpy()
    assert found.error is None
    assert found.accuracy == accuracy(answers, images.labels)
    zeros = sum(int((w == 0).sum()) for w in model.get_weights())
    assert (found.zeros, found.parameters) == (zeros, model.count_params())
    assert found.findings == ()


def test_weights_of_keras_2_are_taken_in_the_order_of_its_layers(tmp_path, images):
    import tf_keras

    model = students(tf_keras.layers, tf_keras)
    model.save_weights(tmp_path / "mine.h5")
    found = graded(tmp_path / "mine.h5", images)
    answers = model(images.images, training=False).numpy()
    assert (found.error, found.accuracy) == (None, accuracy(answers, images.labels))


def test_pixel_values_are_brought_to_what_the_network_reads(tmp_path, images):
    model = students()
    model.save(tmp_path / "mine.keras")
    found = graded(tmp_path / "mine.keras", images, with_pixels(NETWORK, "-1..1"))
    answers = model(2 * images.images - 1, training=False).numpy()
    assert found.accuracy == accuracy(answers, images.labels)


def test_another_architecture_is_refused_by_the_layer_that_differs(tmp_path, images):
    students(units=400).save(tmp_path / "other.keras")
    error = graded(tmp_path / "other.keras", images).error
    assert "The file holds another network: its layer 'dense" in error
    assert "is not the Dense that 'dense1' is" in error
    longer = keras.Sequential([students(), keras.layers.Dense(3)])
    longer.save(tmp_path / "longer.keras")
    assert "9 layers that act in the place of 8" in graded(tmp_path / "longer.keras", images).error
    reference = submitted(tmp_path, "reference", pruned_weights(0.5))
    (found,) = grade([reference], images, NETWORK, Silent())
    assert found.score == 0
    assert "conv1" in found.error


RESIDUAL = CATALOGUE["resnet-20"].network((SIDE, SIDE, 1), 3)


@pytest.mark.parametrize("name", ["mine.keras", "mine.weights.h5", "old.weights.h5"])
def test_layers_of_branches_may_be_listed_in_keras_order(tmp_path, images, name):
    """Keras lists a shortcut before the second convolution of its block, the catalogue after it."""
    model = build(RESIDUAL)
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.5, 1.0, w.shape) * 0.1 for w in model.get_weights()])
    if name.startswith("old"):
        legacy_h5_format.save_weights_to_hdf5_group(h5py.File(tmp_path / name, "w"), model)
    else:
        (model.save_weights if "weights" in name else model.save)(tmp_path / name)
    found = graded(tmp_path / name, images, RESIDUAL)
    answers = model(images.images, training=False).numpy()
    assert found.error is None
    assert found.accuracy == accuracy(answers, images.labels)


@pytest.mark.parametrize("network", [*CATALOGUE, "applications"])
def test_keras_lists_layers_as_it_is_said(network):
    if network == "applications":
        model = keras.applications.NASNetMobile(weights=None, input_shape=(32, 32, 3), classes=3)
        described = parse(model.to_json(), None).network
        names = [layer.name for layer in model.layers]
    else:
        described = CATALOGUE[network].network((32, 32, 3), 3)
        names = [layer.name for layer in build(described).layers]
    found = [layer.name for layer in as_keras_lists(described).layers]
    assert [name for name in found if name in names] == [name for name in names if name in found]


@pytest.mark.parametrize("make", ["keras", "tf_keras"])
def test_weights_of_more_layers_than_are_asked_for_are_refused(tmp_path, images, make):
    """Without its normalization the network would answer otherwise than its author's."""
    if make == "tf_keras":
        import tf_keras as make_by
    else:
        make_by = keras
    layers = make_by.layers
    model = make_by.Sequential(
        [
            layers.Input((SIDE, SIDE, 1)),
            layers.Conv2D(20, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(50, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(500, "relu"),
            layers.Dense(3, "softmax"),
            layers.BatchNormalization(),
        ]
    )
    name = "mine.weights.h5" if make == "keras" else "mine.h5"
    model.save_weights(tmp_path / name)
    found = graded(tmp_path / name, images)
    assert "has weights of 'batch_normalization" in found.error
    assert found.score == 0


def test_the_doctor_of_the_reference_says_nothing_of_other_networks(tmp_path, images):
    """Left out where it is asked for, normalization is not to be folded."""
    network = CATALOGUE["vgg-16"].network((32, 32, 3), 3)
    students(side=32).save(tmp_path / "bare.keras")
    larger = Split(np.zeros((3, 32, 32, 3), np.float32), np.arange(3))
    found = graded(tmp_path / "bare.keras", larger, network)
    assert "The file holds another network" in found.error
    assert found.findings == ()


def test_the_job_grades_on_images_of_the_networks_size(tmp_path):
    lab = Lab(tmp_path)
    network = CATALOGUE["lenet-300-100"].network((9, 9, 1), 3)
    model = perceptron()
    model.save(tmp_path / "anna.keras")
    files = keep([("anna.keras", (tmp_path / "anna.keras").read_bytes())], lab.workspace.uploads)
    digest = keep_network(lab.workspace.networks, network)
    spec = GradeSpec(data=lab.data, files=files, network=digest, threshold=0.0)
    _, result = lab.run(grading.grade_files, spec)
    lab.store.close()
    (found,) = result.grades
    answers = model(DATASET.test.as_float(), training=False).numpy()
    assert found.accuracy == accuracy(answers, DATASET.test.labels)
    assert "network" not in GradeSpec(data="d", files="f").to_json()  # as it always was


def test_the_command_line_takes_the_networks_name(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PARETO_LAB_HOME", str(tmp_path))
    lab = Lab(tmp_path)
    datasets.save(lab.workspace, DATASET)
    lab.store.close()
    path = tmp_path / "mine.keras"
    perceptron().save(path)
    named = ("--network", "lenet-300-100")
    told = ("grade", path, "--data", lab.data, *named, "--threshold", 0, "--json")
    assert run([*map(str, told)]) == 0
    assert '"error": null' in capsys.readouterr().out.splitlines()[-1]
