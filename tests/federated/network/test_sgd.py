"""Mini-batches, local SGD and FedAvg as the paper writes it."""

import numpy as np
import pytest

from core.data.synthetic import ClientData
from core.federated.network.fedavg import average, federated_averaging, sample_clients
from core.federated.network.mlp import MLP
from core.federated.network.sgd import batches, local_sgd, sgd_step, steps_of


def test_a_pass_sees_every_sample_once_and_its_last_batch_is_smaller():
    made = list(batches(7, 3, 6, np.random.default_rng(0)))
    assert [len(batch) for batch in made] == [3, 3, 1, 3, 3, 1]
    assert sorted(np.concatenate(made[:3])) == list(range(7))
    assert sorted(np.concatenate(made[3:])) == list(range(7))
    assert np.concatenate(made[:3]).tolist() != np.concatenate(made[3:]).tolist()


def test_steps_may_end_inside_a_pass():
    assert [len(batch) for batch in batches(7, 3, 4, np.random.default_rng(0))] == [3, 3, 1, 3]


def test_batch_size_zero_is_everything_in_order():
    made = list(batches(3, 0, 2, np.random.default_rng(0)))
    assert [batch.tolist() for batch in made] == [[0, 1, 2], [0, 1, 2]]


@pytest.mark.parametrize(
    ("samples", "batch_size", "epochs", "steps"), [(7, 3, 2, 6), (6, 3, 2, 4), (7, 0, 5, 5)]
)
def test_steps_of_an_epoch(samples, batch_size, epochs, steps):
    assert steps_of(samples, batch_size, epochs) == steps


def test_a_step_goes_against_the_gradient():
    assert sgd_step({"w": np.array([1.0])}, {"w": np.array([2.0])}, 0.1)["w"] == pytest.approx(0.8)


def test_local_sgd_learns_to_separate_two_classes():
    inputs = np.array([[1.0], [-1.0]])
    start = {"linear1/kernel": np.zeros((1, 2)), "linear1/bias": np.zeros(2)}
    trained = local_sgd(
        start,
        inputs,
        np.array([0, 1]),
        learning_rate=1.0,
        index_batches=batches(2, 0, 1, np.random.default_rng(0)),
    )
    # Gradient at zero: mean over both of x (p - y) = ((1)(-.5) + (-1)(.5)) / 2 = -.5 for class 0.
    assert trained["linear1/kernel"].tolist() == [[0.5, -0.5]]
    assert trained["linear1/bias"].tolist() == [0.0, 0.0]


def test_the_average_weighs_by_samples():
    updated = {0: {"w": np.array([1.0])}, 1: {"w": np.array([4.0])}}
    assert average(updated, {0: 2, 1: 1})["w"].tolist() == [2.0]  # (2*1 + 1*4) / 3


def test_a_round_samples_different_clients_each_once():
    chosen = [sample_clients(10, 4, seed=1, round_number=number) for number in (1, 2)]
    assert all(len(set(clients)) == 4 for clients in chosen)
    assert chosen[0] != chosen[1]
    assert chosen[0] == sample_clients(10, 4, seed=1, round_number=1)


def test_federated_averaging_learns():
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(5, 3))
    clients = []
    for _ in range(3):
        inputs = rng.normal(size=(60, 5))
        labels = np.argmax(inputs @ weight, axis=1)
        clients.append(ClientData(inputs, labels, inputs, labels))
    start = MLP((5, 3)).initial_parameters(0)
    final = federated_averaging(
        start, clients, rounds=20, share=0.5, epochs=2, batch_size=10, learning_rate=0.5, seed=0
    )
    everything = np.concatenate([c.train_inputs for c in clients])
    labels = np.concatenate([c.train_labels for c in clients])
    logits = everything @ final["linear1/kernel"] + final["linear1/bias"]
    assert np.mean(logits.argmax(axis=1) == labels) > 0.9
