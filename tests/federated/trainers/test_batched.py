"""The batched trainer's parts against the plain one's."""

import numpy as np
import pytest

from core.federated.algorithm import Instruction
from core.federated.network.mlp import MLP
from core.federated.network.vector import flatten
from core.federated.sampling import sample_cohort
from core.federated.spec import RunSettings
from core.federated.trainers import batched
from core.federated.trainers.batched import BatchedTrainer
from core.federated.trainers.plain import PlainTrainer
from core.federated.trainers.step_schedule import schedule_of, sorted_rows
from core.federated.trainers.trainer import Work
from tests.federated.federations import synthetic_federation

CLIENTS = synthetic_federation(clients=9, largest=70)
NETWORK = MLP((60, 12, 7, 10))


def trainers():
    return BatchedTrainer(CLIENTS, NETWORK, np.float64), PlainTrainer(CLIENTS, NETWORK, np.float64)


def work(clients, steps, batch_size=10, rate=0.05, **others):
    start = flatten(NETWORK.initial_parameters(1)).astype(np.float64)
    weights = np.full(len(clients), 1 / len(clients))
    return Work(start, np.array(clients), np.array(steps), weights, batch_size, rate, **others)


def deltas(trainer, works):
    """Return (work, client) -> delta."""
    return {
        (number, int(client)): delta
        for number, updates in trainer.train(works, lambda: None)
        for client, delta in zip(updates.clients, updates.deltas, strict=True)
    }


@pytest.mark.parametrize("chunk", [60, 4])
def test_works_of_every_kind_train_together_as_alone(monkeypatch, chunk):
    monkeypatch.setattr(batched, "CHUNK_ROWS", chunk)
    monkeypatch.setattr(batched, "SEGMENT_BATCHES", 7)
    size = NETWORK.parameter_shapes()
    found = np.random.default_rng(0).normal(0, 0.01, (9, sum(map(np.prod, size.values()))))
    works = [
        work([0, 3, 8], [7, 2, 19]),
        work([1, 3], [4, 4], rate=0.2, l2=0.1, seed=5),
        work([2, 5, 7], [3, 9, 1], instruction=Instruction(prox_mu=0.5)),
        work([4, 6], [6, 6], instruction=Instruction(correction=lambda k: found[k])),
        work([0, 1], [2, 2], batch_size=7, instruction=Instruction(gradients=True)),
        work([0, 1], [2, 3], batch_size=0),
    ]
    fast, plain = (deltas(trainer, works) for trainer in trainers())
    assert fast.keys() == plain.keys()
    for key, delta in plain.items():
        assert fast[key] == pytest.approx(delta, abs=1e-12), key


def test_a_batch_that_no_client_fills_costs_no_padding(monkeypatch):
    sizes = []
    own = batched.schedule_of
    monkeypatch.setattr(
        batched,
        "schedule_of",
        lambda *given: sizes.append((found := own(*given)).samples.shape[1]) or found,
    )
    monkeypatch.setattr(batched, "FULL_SIZED", 50)
    works = [work([0, 3, 8], [2, 2, 2], batch_size=100_000), work([1], [3], batch_size=40)]
    fast, plain = (deltas(trainer, works) for trainer in trainers())
    largest = max(int(CLIENTS.train.sizes[k]) for k in (0, 3, 8))
    assert sizes == [40, max(largest, 50)]
    for key, delta in plain.items():
        assert fast[key] == pytest.approx(delta, abs=1e-12), key


def test_both_trainers_evaluate_alike():
    vector = flatten(NETWORK.initial_parameters(2)).astype(np.float64)
    fast, plain = (trainer.evaluate(vector) for trainer in trainers())
    assert fast.train_loss == pytest.approx(plain.train_loss, rel=1e-12)
    assert fast.validation_loss == pytest.approx(plain.validation_loss, rel=1e-12)
    assert np.array_equal(fast.train_correct, plain.train_correct)
    assert np.array_equal(fast.validation_correct, plain.validation_correct)


def test_a_step_of_the_schedule_holds_the_clients_still_at_work():
    one = work([0, 1, 2], [2, 5, 1], batch_size=10)
    schedule = schedule_of(sorted_rows([one]), [one], CLIENTS.train, np.float64)
    assert schedule.active.tolist() == [3, 2, 1, 1, 1]
    assert schedule.starts.tolist() == [0, 3, 5, 6, 7, 8]
    first = schedule.samples[0]  # client 1 has most steps and comes first
    assert set(CLIENTS.train.owner[first]) == {1}


def test_padding_of_a_short_batch_weighs_nothing():
    size = int(CLIENTS.train.sizes[0])
    batch = size - 1  # two batches a pass: all but one sample, then that one
    one = work([0], [2], batch_size=batch, rate=0.5)
    schedule = schedule_of(sorted_rows([one]), [one], CLIENTS.train, np.float64)
    assert schedule.scales[0].tolist() == pytest.approx([-0.5 / batch] * batch)
    assert schedule.scales[1].tolist() == [-0.5] + [0.0] * (batch - 1)


def test_only_a_chunk_of_updates_is_alive_at_once(monkeypatch):
    monkeypatch.setattr(batched, "CHUNK_ROWS", 2)
    trainer = BatchedTrainer(CLIENTS, NETWORK)
    cohort = sample_cohort(CLIENTS.train, RunSettings(), Instruction(), 0, 1)
    start = trainer.initial(0)
    everybody = Work(start, cohort.clients, cohort.steps, cohort.weights, 10, 0.01)
    sizes = [len(updates.clients) for _, updates in trainer.train([everybody], lambda: None)]
    assert sizes == [2, 2, 2, 2, 1]


def test_training_can_be_stopped_between_segments(monkeypatch):
    monkeypatch.setattr(batched, "SEGMENT_BATCHES", 1)
    ticks = []
    list(BatchedTrainer(CLIENTS, NETWORK).train([work([0], [6])], lambda: ticks.append(1)))
    assert len(ticks) == 6
