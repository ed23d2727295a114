"""Every number that the two-parameter picture draws, against plain loops of binary regression."""

import numpy as np
import pytest

from core.federated.algorithms import ALGORITHMS
from core.federated.demo import two_parameters as two
from core.federated.demo.spec import DemoRun
from core.federated.network.sgd import batches
from core.randomness import generator

RATE, K = two.LOCAL_RATE, 6


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gradient(point, inputs, labels):
    """Return the gradient of mean binary cross-entropy in (slope, intercept)."""
    wrong = sigmoid(point[0] * inputs + point[1]) - labels
    return np.array([np.mean(wrong * inputs), np.mean(wrong)])


def local_loop(clients, k, number, start, correction=0.0, mu=0.0):
    """Return a client's points after 0 ... K steps: w - 2 rate (g + mu (w - start) / 2 ...)."""
    inputs, labels = clients.train.of(k)
    rng = generator(0, "client", k, "round", number)
    points = [np.array(start, float)]
    for chosen in batches(len(labels), two.BATCH, K, rng):
        w = points[-1]
        step = 2 * gradient(w, inputs[chosen, 0], labels[chosen]) + mu * (w - start) + correction
        points.append(w - RATE * step)
    return np.array(points)


@pytest.fixture(scope="module")
def clients():
    return two.toy_clients(1.0, 1)


def test_fedavg_paths_and_averages_are_those_of_a_plain_loop(clients):
    played = two.play(DemoRun(1.0, K), rounds=3)
    server = np.array(two.START)
    for number, each in enumerate(played.rounds, 1):
        paths = [local_loop(clients, k, number, server) for k in range(two.TOY_CLIENTS)]
        # K steps and POINTS points: every step is drawn.
        assert two.POINTS == K + 1
        np.testing.assert_allclose(each.paths, paths, atol=1e-10)
        server = np.mean([path[-1] for path in paths], axis=0)  # all have 40 samples
        np.testing.assert_allclose(each.server, server, atol=1e-10)


def test_fedprox_pulls_are_rate_times_mu_times_the_way_back(clients):
    played = two.play(DemoRun(1.0, K, algorithm="fedprox", mu=2.0), rounds=1).rounds[0]
    start = np.array(two.START)
    for k in range(two.TOY_CLIENTS):
        path = local_loop(clients, k, 1, start, mu=2.0)
        np.testing.assert_allclose(played.paths[k], path, atol=1e-10)
        np.testing.assert_allclose(played.pulls[k], RATE * 2.0 * (start - path[-1]), atol=1e-10)


def test_scaffold_corrections_are_what_control_variates_do_in_all_steps(clients):
    played = two.play(DemoRun(1.0, K, algorithm="scaffold"), rounds=2).rounds
    start = np.array(two.START)
    first = [local_loop(clients, k, 1, start) for k in range(two.TOY_CLIENTS)]
    # Option II: a client's control variate is the mean of its steps' gradients.
    own = np.array([(start - path[-1]) / (K * RATE) for path in first])
    server, mean = np.mean([path[-1] for path in first], axis=0), own.mean(axis=0)
    np.testing.assert_allclose(played[0].corrections, 0, atol=1e-12)
    for k in range(two.TOY_CLIENTS):
        np.testing.assert_allclose(
            played[1].corrections[k], -K * RATE * (mean - own[k]), atol=1e-10
        )
        path = local_loop(clients, k, 2, server, correction=mean - own[k])
        np.testing.assert_allclose(played[1].paths[k], path, atol=1e-10)


def test_contours_are_the_clients_mean_cross_entropies(clients):
    box, cells = (-2.0, 3.0, -1.0, 2.0), 4
    found = two.losses(clients, box, cells)
    for row, intercept in enumerate(np.linspace(-1, 2, cells)):
        for column, slope in enumerate(np.linspace(-2, 3, cells)):
            for k in range(two.TOY_CLIENTS):
                inputs, labels = clients.train.of(k)
                p = sigmoid(slope * inputs[:, 0] + intercept)
                loss = -np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p))
                assert found[k, row, column] == pytest.approx(loss, rel=1e-6)


def test_the_star_is_where_the_gradient_of_all_samples_vanishes(clients):
    star = two.optimum(clients)
    inputs, labels = clients.train.inputs[:, 0], clients.train.labels
    assert np.abs(gradient(star, inputs, labels)).max() < 1e-9


@pytest.mark.slow
def test_fedavg_with_many_steps_lands_beside_the_star_and_scaffold_on_it():
    away = {}
    for algorithm in ("fedavg", "scaffold"):
        played = two.play(DemoRun(2.0, 100, algorithm=algorithm))
        star = two.optimum(two.toy_clients(2.0, 1))
        away[algorithm] = np.linalg.norm(played.rounds[-1].server - star)
    assert away["fedavg"] > 0.2
    assert away["scaffold"] < 0.05


def test_clients_that_are_alike_draw_from_one_distribution():
    inputs = two.toy_clients(None, 1).train.inputs.reshape(two.TOY_CLIENTS, -1)
    mixed = two.toy_clients(2.0, 1).train.inputs.reshape(two.TOY_CLIENTS, -1)
    assert inputs.mean(axis=1).std() < 0.5 < mixed.mean(axis=1).std()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("steps", [1, 3, 20])
def test_every_algorithms_paths_run_from_the_servers_model_to_its_clients_ends(algorithm, steps):
    """3 steps have fewer points than are drawn, FedSGD's full batches one step."""
    played = two.play(DemoRun(1.0, steps, 15, algorithm), rounds=2)
    server = np.array(two.START)
    for each in played.rounds:
        assert each.paths.shape == (len(each.clients), two.POINTS, 2)
        np.testing.assert_allclose(
            each.paths[:, 0], np.broadcast_to(server, (len(each.clients), 2))
        )
        assert np.all(np.linalg.norm(each.paths[:, -1] - each.paths[:, 0], axis=1) > 0)
        server = each.server


def test_the_pooled_client_of_sgd_has_no_arrows():
    played = two.play(DemoRun(1.0, 20, algorithm="minibatch_sgd"), rounds=1).rounds[0]
    assert played.paths.shape == (1, two.POINTS, 2)
    assert not played.corrections.any()
    assert not played.pulls.any()
