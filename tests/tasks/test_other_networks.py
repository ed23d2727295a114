"""Networks other than the reference as jobs: trained, taken in, pruned, compared."""

from dataclasses import replace

import numpy as np
import pytest
from onnxruntime import InferenceSession

from core.data import store as datasets
from core.data.partition import Shards
from core.errors import JobError, SettingsError, WeightsError
from core.evaluation.behaviour import BehaviourSpec
from core.evaluation.forgetting import read_curve
from core.evaluation.forgotten import ForgottenSpec
from core.federated.spec import FederatedSpec
from core.jobs.runner.context import Context
from core.jobs.store.store import SavedRun, Store
from core.networks.graph import predict
from core.networks.inference import logits
from core.networks.keras_files.reader import read_network
from core.networks.network import NetworkShape
from core.networks.network_store import keep_network
from core.networks.output_layer import ends_in, with_settings
from core.networks.prepare import prepare_for
from core.progress import Silent
from core.pruning.plan import PrunePlan
from core.pruning.preview.spec import ForgettingSpec
from core.pruning.spec import PruneResult, PruneSpec
from core.runs.finished.network_files import other_files
from core.runs.finished.networks import network_of
from core.runs.import_checks import check_file, measured_from_file
from core.tasks import comparing, exploring, networks
from core.tasks.federated import federate_network
from core.tasks.inputs import network
from core.training.recipe import QUICK
from core.training.spec import ImportSpec, TrainResult, TrainSpec
from core.workspace import Workspace
from tests.pruning.graphs.tiny import DATASET, residual, weights
from tests.runs.finished_lab import settle

pytestmark = pytest.mark.slow  # TensorFlow
RECIPE = replace(QUICK, epochs=1, batch_size=16)


class Lab:
    """A workspace in which jobs are run here and now."""

    def __init__(self, folder):
        self.workspace = Workspace(folder)
        self.store = Store(self.workspace.store_url)
        self.data = datasets.save(self.workspace, DATASET)

    def run(self, task, spec):
        """Run one job to its end and return (id, result)."""
        job_id = self.store.submit(spec, 0)
        folder = self.workspace.artifacts(job_id)
        folder.mkdir(parents=True, exist_ok=True)
        context = Context(
            job_id, spec.kind, spec.to_json(), 0, Silent(), self.workspace, folder, self.store
        )
        result = task(context, spec)
        settle(self.store, job_id, result)
        return job_id, result

    def keep(self, whole=True):
        """Keep the residual network and return its digest."""
        arrays = weights("residual") if whole else None
        return keep_network(self.workspace.networks, residual(), arrays)

    def imported(self, name="mine.keras"):
        """Take in the residual network as it is."""
        spec = ImportSpec(data=self.data, network=self.keep(), name=name)
        return self.run(networks.import_network, spec)


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    yield made
    made.store.close()


def test_a_fresh_network_is_trained_and_its_file_says_what_was_measured(lab):
    spec = TrainSpec(data=lab.data, recipe=RECIPE, network=lab.keep(whole=False), name="small")
    job_id, result = lab.run(networks.train_network, spec)
    found = read_network(lab.workspace.artifacts(job_id) / result.weights)
    assert result.summary.name == "small"
    assert result.point.parameters == found.network.parameters == residual().parameters
    assert result.point.label == "Dense small, 1 epoch"
    assert result.point.digest
    assert TrainResult.from_json(result.to_json()) == result  # as the store has it


def test_a_network_with_weights_is_trained_on_from_them_with_a_new_last_layer(lab):
    from core.networks.output_layer import with_classes

    wider, arrays, _ = with_classes(residual(), weights("residual"), 7, 0)
    digest = keep_network(lab.workspace.networks, wider, arrays)
    kept = TrainSpec(data=lab.data, recipe=RECIPE, network=digest, name="seven")
    with pytest.raises(SettingsError, match="last_layer: new"):
        lab.run(networks.train_network, kept)


def test_a_new_last_layer_is_said_in_the_notes(lab):
    from core.networks.output_layer import with_classes

    wider, arrays, _ = with_classes(residual(), weights("residual"), 7, 0)
    digest = keep_network(lab.workspace.networks, wider, arrays)
    spec = TrainSpec(
        data=lab.data, recipe=RECIPE, network=digest, name="seven", last_layer="new", pixels="-1..1"
    )
    job_id, result = lab.run(networks.train_network, spec)
    assert "Training went on from the weights in the file." in result.point.notes
    assert any("The last layer, head, is new" in note for note in result.point.notes)
    assert (result.summary.classes, result.summary.pixels) == (3, "-1..1")
    found = read_network(lab.workspace.artifacts(job_id) / result.weights)
    assert "pixel_values" not in found.network.by_name  # the file has the layers it came with


def adapted(tmp_path):
    """Return a file of a network whose Normalization has seen data, and the network as read."""
    import keras

    normalization = keras.layers.Normalization()
    normalization.adapt(DATASET.train.images)
    ends = [keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Flatten()]
    model = keras.Sequential([keras.Input((9, 9, 1)), normalization, *ends, keras.layers.Dense(3)])
    model.save(tmp_path / "adapted.keras")
    return model, read_network(tmp_path / "adapted.keras")


def test_a_network_that_normalizes_by_its_data_is_taken_in_trained_and_pruned(lab, tmp_path):
    model, found = adapted(tmp_path)
    digest = keep_network(lab.workspace.networks, found.network, found.weights)
    spec = ImportSpec(data=lab.data, network=digest, name="adapted.keras")
    job_id, result = lab.run(networks.import_network, spec)
    again = read_network(lab.workspace.artifacts(job_id) / result.weights)
    images = DATASET.test.images
    answers = predict(again.network, again.weights, images)
    wanted = model.predict(images, verbose=0)
    np.testing.assert_allclose(answers, wanted, rtol=1e-4, atol=1e-5)
    compiled = logits(again.network, again.weights, images)
    np.testing.assert_allclose(compiled, wanted, rtol=1e-4, atol=1e-5)
    moved = {**again.weights, "normalization/mean": again.weights["normalization/mean"] + 1}
    wanted = predict(again.network, moved, images)  # compiled already, for other weights
    answers = logits(again.network, moved, images)
    np.testing.assert_allclose(answers, wanted, rtol=1e-4, atol=1e-5)
    train = TrainSpec(data=lab.data, recipe=RECIPE, network=digest, name="adapted.keras")
    dense, _ = lab.run(networks.train_network, train)
    for method in ("magnitude", "l1_filter"):
        plan = PrunePlan(method=method, sparsity=0.3, epochs=1, batch_size=16)
        prune = PruneSpec(data=lab.data, dense=dense, plan=plan)
        job_id, result = lab.run(networks.prune_network, prune)
        pruned = read_network(lab.workspace.artifacts(job_id) / result.weights)
        assert pruned.weights["normalization/count"].shape == ()


@pytest.mark.parametrize(("end", "kept"), [("sigmoid", "is left out"), ("silu", "stays")])
def test_what_training_does_with_the_last_activation_is_said_and_the_file_keeps_it(lab, end, kept):
    head = residual().by_name["head"].settings.with_options(activation=end)
    made = with_settings(residual(), {"head": head})
    digest = keep_network(lab.workspace.networks, made, weights("residual"))
    spec = TrainSpec(data=lab.data, recipe=RECIPE, network=digest, name="other end")
    job_id, result = lab.run(networks.train_network, spec)
    assert any(f"{end} {kept} in training" in note for note in result.point.notes)
    found = read_network(lab.workspace.artifacts(job_id) / result.weights)
    assert ends_in(found.network) == end
    holdout = prepare_for(DATASET, found.network).holdout
    right = predict(found.network, found.weights, holdout.images).argmax(axis=1) == holdout.labels
    assert result.point.accuracy == right.mean()
    plan = PrunePlan(sparsity=0.4, epochs=1, batch_size=16)
    _, pruned = lab.run(networks.prune_network, PruneSpec(data=lab.data, dense=job_id, plan=plan))
    assert any(f"{end} {kept} in training" in note for note in pruned.point.notes)


def test_a_network_is_pruned_saved_small_and_compared(lab):
    dense, before = lab.imported()
    assert np.isclose(before.point.accuracy, 1 / 3, atol=0.4)
    pruned = []
    for method in ("magnitude", "l1_filter"):
        plan = PrunePlan(method=method, sparsity=0.4, epochs=1, batch_size=16)
        spec = PruneSpec(data=lab.data, dense=dense, plan=plan)
        job_id, result = lab.run(networks.prune_network, spec)
        pruned.append(job_id)
        assert result.point.parent == dense
        assert result.point.agreement is not None
        assert PruneResult.from_json(result.to_json()) == result
        found = read_network(lab.workspace.artifacts(job_id) / result.weights)
        zeros = sum(int((array == 0).sum()) for array in found.weights.values())
        assert zeros == result.point.zeros
    files = other_files(network_of(lab.store.get(pruned[1])), lab.workspace)
    assert [path.name for path in files] == ["compact.keras", "compact.tflite", "compact.onnx"]
    small = read_network(files[0])
    assert small.network.parameters < residual().parameters
    images = DATASET.test.images
    session = InferenceSession(files[2], providers=["CPUExecutionProvider"])
    found = session.run(None, {"images": images})[0]
    assert np.allclose(found, predict(small.network, small.weights, images), atol=1e-5)
    spec = BehaviourSpec(data=lab.data, points=(dense, *pruned))
    _, compared = lab.run(comparing.compare_behaviour, spec)
    assert [each.id for each in compared.networks] == [dense, *pruned]
    _what_was_forgotten_is_shown(lab, dense, pruned[0])


def _what_was_forgotten_is_shown(lab, dense, pruned):
    """Its strip and its one-shot curve look at the validation images, and at no others."""
    told = {"data": lab.data, "dense": dense}
    _, strip = lab.run(exploring.forgotten_images, ForgottenSpec(**told, network=pruned))
    assert sum(strip.forgotten.counts) == len(DATASET.validation)
    job_id, result = lab.run(exploring.forgetting, ForgettingSpec(**told, method="magnitude"))
    curve, pictures = read_curve(lab.workspace.artifacts(job_id) / result.arrays)
    assert len(pictures) == len(curve.labels) == len(DATASET.validation)
    assert curve.levels.tolist() == list(result.levels)
    assert curve.fallen(len(curve.levels) - 1) <= curve.right


def test_a_network_that_came_as_h5_goes_as_h5_too(lab):
    job_id, result = lab.imported("mine.h5")
    path = lab.workspace.artifacts(job_id) / result.files["h5"]
    assert read_network(path).network.parameters == residual().parameters


def test_a_finished_network_is_trained_on(lab):
    start, _ = lab.imported()
    spec = TrainSpec(data=lab.data, recipe=RECIPE, start=start)
    _, result = lab.run(networks.train_network, spec)
    assert result.point.parent == start
    assert result.summary.name == "mine.keras"


def test_a_pruned_network_is_federated_and_stays_as_sparse(lab):
    dense, _ = lab.imported()
    plan = PrunePlan(method="magnitude", sparsity=0.4, epochs=0)
    spec = PruneSpec(data=lab.data, dense=dense, plan=plan)
    pruned, before = lab.run(networks.prune_network, spec)
    spec = FederatedSpec(
        data=lab.data,
        network="cnn",
        start=pruned,
        keep_zeros=True,
        rounds=1,
        batch_size=8,
        partition=Shards(clients=2),
    )
    job_id, result = lab.run(federate_network, spec)
    found = read_network(lab.workspace.artifacts(job_id) / result.weights)
    old = read_network(lab.workspace.artifacts(pruned) / before.weights)
    assert result.summary == before.summary
    assert result.point.zeros >= before.point.zeros
    assert (result.point.method, result.point.parent) == ("magnitude", pruned)
    assert "keep the statistics of batch normalization" in result.point.notes[-1]
    assert len(result.rows) == 2  # before the first round, and after it
    mean = "stem_bn/moving_mean"
    assert np.array_equal(found.weights[mean], old.weights[mean])
    assert not np.array_equal(found.weights["stem/kernel"], old.weights["stem/kernel"])
    assert network_of(lab.store.get(job_id)).is_reference is False


def test_views_of_the_reference_network_say_that_this_is_another(lab):
    job_id, _ = lab.imported()
    context = Context("x", "preview", {}, 0, Silent(), lab.workspace, lab.workspace.root, lab.store)
    with pytest.raises(JobError, match="made for the reference network"):
        network(context, job_id)


def test_a_file_without_weights_cannot_be_measured(lab):
    spec = ImportSpec(data=lab.data, network=lab.keep(whole=False), name="mine.json")
    with pytest.raises(WeightsError, match="no weights to measure"):
        lab.run(networks.import_network, spec)


def test_an_imported_bundle_is_measured_from_its_file(lab):
    job_id, result = lab.imported()
    folder = lab.workspace.artifacts(job_id)
    check_file(folder / result.weights)
    claimed = replace(result, point=replace(result.point, zeros=5, parameters=7))
    job = lab.store.get(job_id)
    names = {
        name: getattr(job, name) for name in SavedRun.__dataclass_fields__ if name in vars(job)
    }
    saved = SavedRun(**{"metrics": {}, **names, "result": claimed.to_json()})
    again = measured_from_file(saved, folder)
    assert again.result["point"]["parameters"] == residual().parameters
    assert again.result["point"]["zeros"] == result.point.zeros


def test_what_is_told_of_the_reference_network_is_as_it_was():
    told = TrainSpec(data="d", recipe=QUICK).to_json()
    assert set(told) == {"data", "recipe"}
    assert set(ImportSpec(data="d", weights="w", name="n").to_json()) == {"data", "weights", "name"}
    shape = NetworkShape()
    assert shape.from_dict(shape.to_dict()) == shape
