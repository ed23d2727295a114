"""Drift, cosine and dissimilarity, by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.federated.algorithm import Updates
from core.federated.clients import join_clients
from core.federated.diagnostics import DriftMeter, client_accuracy, dissimilarity, spread
from core.federated.network.mlp import MLP
from core.federated.network.vector import flatten
from core.federated.trainers.plain import PlainTrainer
from tests.federated.federations import synthetic_federation


def updates(deltas, weights):
    deltas = np.array(deltas, np.float64)
    count = len(deltas)
    return Updates(np.arange(count), deltas, np.ones(count, int), np.array(weights), 0.1)


def measured(*some):
    meter = DriftMeter()
    assert len(list(meter.watch(iter(some)))) == len(some)
    return meter


def test_drift_is_the_distance_from_the_mean_model():
    # Mean (1, 1); both clients are sqrt(2) away from it.
    meter = measured(updates([[2.0, 0.0], [0.0, 2.0]], [0.5, 0.5]))
    assert meter.drift() == pytest.approx(np.sqrt(2))
    assert meter.cosine() == pytest.approx(np.sqrt(0.5))  # 45 degrees each


def test_a_stream_in_pieces_measures_the_same():
    whole = measured(updates([[2.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [0.2, 0.3, 0.5]))
    pieces = measured(updates([[2.0, 0.0]], [0.2]), updates([[0.0, 1.0], [1.0, 1.0]], [0.3, 0.5]))
    assert pieces.drift() == pytest.approx(whole.drift())
    assert pieces.cosine() == pytest.approx(whole.cosine())


def test_agreeing_clients_do_not_drift():
    meter = measured(updates([[1.0, 2.0], [1.0, 2.0]], [0.5, 0.5]))
    assert meter.drift() == pytest.approx(0, abs=1e-7)
    assert meter.cosine() == pytest.approx(1)


def test_identical_clients_have_dissimilarity_one():
    train = synthetic_federation().train
    inputs, labels = train.of(0)
    clients = join_clients("same", [(inputs, labels, inputs, labels)] * 3, 10)
    network = MLP((60, 10))
    trainer = PlainTrainer(clients, network, np.float64)
    vector = flatten(network.initial_parameters(0)).astype(np.float64)
    assert dissimilarity(trainer, clients, vector) == pytest.approx(1)


def test_different_clients_have_a_larger_one_from_its_definition():
    clients, network = synthetic_federation(), MLP((60, 10))
    trainer = PlainTrainer(clients, network, np.float64)
    vector = flatten(network.initial_parameters(0)).astype(np.float64)
    gradients = trainer.gradients(vector, np.arange(len(clients)))
    weights = clients.train.sizes / len(clients.train)
    mean_square = sum(w * (g @ g) for w, g in zip(weights, gradients, strict=True))
    mean = weights @ gradients
    expected = np.sqrt(mean_square / (mean @ mean))
    assert expected > 1
    assert dissimilarity(trainer, clients, vector) == pytest.approx(expected)


def test_the_spread_ignores_clients_without_validation_samples():
    found = spread(np.array([0.0, 1.0, np.nan]))
    assert found == pytest.approx(
        {"accuracy_spread": 0.5, "accuracy_low": 0.1, "accuracy_high": 0.9}
    )


class Three(SimpleNamespace):
    """Three clients, the last without validation samples."""

    validation = SimpleNamespace(sizes=np.array([2, 2, 0]))

    def __len__(self):
        return 3


def test_a_model_that_diverged_has_no_accuracy_at_any_client():
    """The largest of answers that are no numbers is the first: a share of class 0."""
    lost = np.array([np.nan, np.inf, 0.0])
    right = np.array([2, 1, 0])
    gone = SimpleNamespace(validation_correct=right, validation_loss=lost)
    assert np.isnan(client_accuracy(Three(), gone)).all()
    known = SimpleNamespace(validation_correct=right, validation_loss=np.zeros(3))
    np.testing.assert_array_equal(client_accuracy(Three(), known), [1.0, 0.5, np.nan])
    assert np.isnan(list(spread(np.full(3, np.nan)).values())).all()


def test_steps_that_are_no_numbers_have_no_drift():
    with np.errstate(invalid="ignore"):
        for lost in (np.nan, np.inf):
            assert np.isnan(measured(updates([[lost, 0.0], [1.0, 1.0]], [0.5, 0.5])).drift())
