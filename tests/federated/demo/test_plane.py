"""The plane of the real network: places, shares and losses against plain loops."""

import numpy as np
import pytest

from core.federated.demo import plane as planes
from core.federated.demo.spec import DemoRun
from core.federated.federate import federate, load_clients, trainer_of
from core.federated.network import mlp
from core.federated.network.sgd import batches
from core.federated.network.vector import flatten, unflatten
from core.randomness import generator

pytestmark = pytest.mark.slow  # real runs
RUN = DemoRun(1.0, 5, 6)


@pytest.fixture(scope="module")
def clients():
    return load_clients(RUN.spec, 0)


@pytest.fixture(scope="module")
def walk(clients):
    return planes.walk(RUN, clients)


def test_the_walk_is_the_run_anybody_may_start(walk, clients):
    same = federate(RUN.spec, 0, clients=clients)
    for name in ("train_loss", "validation_accuracy", "drift", "bytes"):
        np.testing.assert_array_equal(walk.history.column(name), same.column(name))


def test_the_first_rounds_places_are_those_of_plain_local_sgd(walk, clients):
    trainer = trainer_of(RUN.spec, clients)
    start = trainer.initial(0)
    moved, sizes = [], []
    for k in walk.clients[0].tolist():
        inputs, labels = clients.train.of(k)
        vector = start.astype(np.float64)
        rng = generator(0, "client", k, "round", 1)
        for chosen in batches(len(labels), 10, 5, rng):
            parameters = unflatten(vector, trainer.shapes)
            vector = vector - 0.01 * flatten(
                mlp.gradient(parameters, inputs[chosen], labels[chosen])
            )
        moved.append(vector)
        sizes.append(len(labels))
    np.testing.assert_allclose(walk.ends[0], walk.plane.place(np.array(moved)), atol=1e-4)
    mean = np.average(moved, axis=0, weights=sizes)
    np.testing.assert_allclose(walk.server[1], walk.plane.place(mean), atol=1e-4)
    assert not walk.server[0].any()


def test_axes_are_the_first_singular_vectors_at_right_angles(walk):
    first, second = walk.plane.axes
    assert first @ second == pytest.approx(0, abs=1e-6)
    assert (first @ first, second @ second) == (pytest.approx(1), pytest.approx(1))
    assert walk.server[-1, 0] > 0  # the path runs to the right


@pytest.mark.parametrize("shape", [(4, 9), (9, 4)])
def test_the_main_direction_is_the_first_right_singular_vector(shape):
    vectors = generator(0, "vectors").standard_normal(shape)
    truth = np.linalg.svd(vectors)[2][0]
    assert abs(planes.main_direction(vectors) @ truth) == pytest.approx(1)
    assert not planes.main_direction(np.zeros(shape)).any()


def test_the_loss_at_the_servers_places_is_near_that_of_its_history(walk, clients):
    """The plane holds the first model exactly: its loss is the history's."""
    trainer = trainer_of(RUN.spec, clients)
    found = planes.surface(trainer, clients, walk.plane, (0, 1, 0, 1), 2)
    assert found[0, 0] == pytest.approx(walk.history.records[0].train_loss, rel=1e-5)
    corner = unflatten(walk.plane.lift(np.array([1.0, 1.0])).astype(np.float32), trainer.shapes)
    loss = mlp.mean_loss(corner, clients.train.inputs, clients.train.labels, 0.0)
    assert found[1, 1] == pytest.approx(loss, rel=1e-5)


def test_shares_of_variance_are_sums_of_squares(walk):
    path, spread, both = walk.plane.shares
    assert 0 < spread < 1
    assert 0.5 < path <= 1
    assert 0 < both <= 1
