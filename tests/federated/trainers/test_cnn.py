"""The convolutional network as a federated model. TensorFlow is needed, so these are slow."""

from dataclasses import replace

import numpy as np
import pytest

from core.data.dataset import Dataset, Split
from core.data.partition import Shards
from core.errors import SettingsError
from core.federated.algorithms.fedavg import FedAvg
from core.federated.algorithms.fedprox import FedProx
from core.federated.algorithms.scaffold import Scaffold
from core.federated.clients import join_clients
from core.federated.federate import federate, load_clients
from core.federated.network.vector import flatten
from core.federated.simulation import simulate
from core.federated.spec import FederatedSpec, RunSettings
from core.federated.trainers.cnn import CnnTrainer
from core.networks.network import NetworkShape, initial_weights
from tests.pruning.graphs import tiny

SHAPE = NetworkShape((10, 10, 1), 2, (2, 2, 3, 3, 4))
pytestmark = pytest.mark.slow


def images(count, seed=0):
    """Bright and dark images, told apart at a glance."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    pixels = labels[:, None, None, None] * 0.8 + rng.uniform(0, 0.2, (count, 10, 10, 1))
    return pixels.astype(np.float32), labels


def federation(clients=2):
    return join_clients("bright", [(*images(12, k), *images(4, 9)) for k in range(clients)], 2)


def run(algorithm, trainer, start=None, **settings):
    chosen = {"rounds": 2, "batch_size": 5, "learning_rate": 0.1, "dissimilarity_every": 0}
    return simulate(
        federation(), algorithm, RunSettings(**chosen | settings), 1, trainer=trainer, start=start
    )


def test_a_step_is_the_gradient_step_by_its_definition():
    trainer = CnnTrainer(federation(1), SHAPE)
    start = trainer.initial(0)
    history = simulate(
        federation(1),
        FedAvg(),
        RunSettings(rounds=1, batch_size=0, learning_rate=0.1, dissimilarity_every=0),
        0,
        trainer=trainer,
    )
    expected = start - 0.1 * trainer.gradients(start, np.array([0]))[0]
    assert flatten(history.parameters) == pytest.approx(expected, abs=1e-6)


def test_the_gradient_agrees_with_central_differences():
    trainer = CnnTrainer(federation(1), SHAPE)
    vector = flatten(initial_weights(SHAPE, 3))
    gradient = trainer.gradients(vector, np.array([0]))[0]
    direction = (gradient / np.linalg.norm(gradient)).astype(np.float32)

    def loss_at(step):
        return trainer.evaluate(vector + np.float32(step) * direction).train_loss.mean() / 12

    # The step crosses a kink of the ReLUs now and then, hence the tolerance.
    slope = (loss_at(0.001) - loss_at(-0.001)) / 0.002
    assert slope == pytest.approx(np.linalg.norm(gradient), rel=0.05)


def test_pruned_weights_stay_zero_through_every_algorithm():
    weights = initial_weights(SHAPE, 1)
    mask = {n: np.random.default_rng(0).random(w.shape) < 0.5 for n, w in weights.items()}
    start = {name: weights[name] * mask[name] for name in weights}
    trainer = CnnTrainer(federation(), SHAPE, mask)
    for algorithm in (FedAvg(), FedProx(mu=0.5), Scaffold(), Scaffold(option="I")):
        after = run(algorithm, trainer, start).parameters
        assert all(not after[name][~mask[name]].any() for name in mask)
        assert any((after[name] != start[name]).any() for name in mask)


def test_fedprox_with_mu_zero_is_fedavg():
    trainer = CnnTrainer(federation(), SHAPE)
    one, other = (run(algorithm, trainer).parameters for algorithm in (FedAvg(), FedProx(mu=0.0)))
    assert flatten(one) == pytest.approx(flatten(other), abs=1e-7)


def test_the_settings_of_a_job_federate_images_with_the_network():
    rng = np.random.default_rng(0)
    labels = np.arange(24) % 3
    pixels = (labels[:, None, None, None] * 90 + rng.integers(0, 40, (24, 8, 8, 1))).astype(
        np.uint8
    )
    split = Split(pixels, labels)
    dataset = Dataset("steps", ("a", "b", "c"), split, split, split)
    spec = FederatedSpec(
        data="steps",
        network="cnn",
        rounds=1,
        batch_size=8,
        partition=Shards(clients=2),
        dissimilarity_every=0,
    )
    first = federate(spec, load=lambda name: dataset)
    assert first.parameters["conv1/kernel"].shape == (3, 3, 3, 32)
    start = {n: np.where(np.abs(w) > 0.05, w, 0) for n, w in first.parameters.items()}
    again = federate(replace(spec, keep_zeros=True), load=lambda name: dataset, start=start)
    kernel = again.parameters["dense1/kernel"]
    assert not kernel[start["dense1/kernel"] == 0].any()


def test_plain_numbers_are_refused():
    with pytest.raises(SettingsError, match="needs images"):
        FederatedSpec(data="iid", network="cnn", rounds=1)


def of_rows(network):
    """A federation of two clients on the tiny rows, as a network reads them."""
    spec = FederatedSpec(
        data="rows",
        network="cnn",
        rounds=2,
        batch_size=8,
        learning_rate=0.05,
        partition=Shards(clients=2),
        dissimilarity_every=0,
    )
    return spec, load_clients(spec, 0, load=lambda name: tiny.DATASET, network=network)


@pytest.mark.parametrize("name", tiny.NETWORKS)
def test_a_step_of_any_network_is_the_gradient_step_by_its_definition(name):
    network, start = tiny.NETWORKS[name], flatten(tiny.weights(name))
    spec, clients = of_rows(network)
    trainer = CnnTrainer(clients, network)
    once = replace(spec, rounds=1, batch_size=0, local_steps=1)
    history = simulate(clients, FedAvg(), once, 0, trainer=trainer, start=tiny.weights(name))
    found = trainer.gradients(start, np.arange(2))
    mean = np.average(found, axis=0, weights=clients.train.sizes)
    assert np.abs(found).max() > 0
    assert flatten(history.parameters) == pytest.approx(start - 0.05 * mean, abs=2e-5)


def test_the_gradient_of_a_residual_network_agrees_with_central_differences():
    network, vector = tiny.residual(), flatten(tiny.weights("residual"))
    _, clients = of_rows(network)
    trainer = CnnTrainer(clients, network)
    gradient = trainer.gradients(vector, np.array([0]))[0]
    size = np.linalg.norm(gradient)
    count = len(clients.train.of(0)[1])

    def loss_at(step):
        moved = vector + np.float32(step) * (gradient / size).astype(np.float32)
        return trainer.evaluate(moved).train_loss[0] / count

    assert (loss_at(0.001) - loss_at(-0.001)) / 0.002 == pytest.approx(size, rel=0.05)


def test_statistics_stay_and_pruned_weights_of_any_network_stay_zero():
    network, weights = tiny.residual(), tiny.weights("residual")
    rng = np.random.default_rng(0)
    start = {
        n: (w * (rng.random(w.shape) < 0.5)).astype(np.float32) if n in network.kernel_uses else w
        for n, w in weights.items()
    }
    spec, clients = of_rows(network)
    for algorithm in ("fedavg", "fedprox", "scaffold", "fedadam"):
        chosen = replace(spec, algorithm=algorithm, algorithm_settings={}, keep_zeros=True)
        after = federate(chosen, clients=clients, start=start, network=network).parameters
        for name, values in after.items():
            assert not values[start[name] == 0].any(), (algorithm, name)
            is_fixed = "moving" in name
            assert np.array_equal(values, start[name]) == is_fixed, (algorithm, name)
