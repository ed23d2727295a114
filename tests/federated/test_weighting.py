"""What algorithms minimise: the mean over samples or over clients, against Newton's method.

One client holds 55 % of the samples, so that the two are far apart.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from core.data.synthetic import FEATURES, ClientData, Synthetic, draw_clients
from core.federated.algorithms import ALGORITHMS
from core.federated.algorithms.fedavg import FedAvg
from core.federated.algorithms.feddyn import FedDyn
from core.federated.algorithms.fedsgd import FedSGD
from core.federated.algorithms.scaffold import Scaffold
from core.federated.clients import join_clients
from core.federated.network.mlp import MLP
from core.federated.simulation import simulate
from core.federated.spec import RunSettings
from core.federated.trainers.batched import BatchedTrainer
from core.settings import to_dict

SIZES = (110, 18, 18, 18, 18, 18)  # 110 of 200
L2 = 0.5
BY_SAMPLES = tuple(size / sum(SIZES) for size in SIZES)
ALIKE = (1 / len(SIZES),) * len(SIZES)


@cache
def federation():
    """Return the clients; two labels, and inputs a quarter as large, so that it ends soon."""
    drawn = draw_clients(Synthetic(1.0, 1.0, clients=len(SIZES), largest_client=200), seed=1)
    parts = []
    for size, client in zip(SIZES, drawn, strict=True):
        inputs, labels = client.train_inputs / 4.0, client.train_labels % 2
        rows = np.arange(size) % len(labels)
        asked = (client.validation_inputs / 4.0, client.validation_labels % 2)
        parts.append(ClientData(inputs[rows].astype(np.float64), labels[rows], *asked))
    return join_clients("one large client", parts, classes=2)


@cache
def optimum(weights):
    """Return the (61, classes) minimiser of sum_k weights_k F_k + l2 / 2 |W|^2, biases last.

    Newton's method with halved steps; sample i of client k weighs weights_k / n_k.
    """
    train, classes = federation().train, federation().classes
    x = np.hstack([train.inputs, np.ones((len(train), 1))])
    each = (np.asarray(weights) / train.sizes)[train.owner]
    wanted, w = np.eye(classes)[train.labels], np.zeros((FEATURES + 1, classes))
    # A shift of all biases changes nothing, so a trace of decay only fixes it at 0.
    decay = np.repeat([L2] * FEATURES + [1e-9], classes).reshape(w.shape)

    def value(w):
        logits = x @ w
        losses = np.log(np.exp(logits).sum(axis=1)) - (logits * wanted).sum(axis=1)
        return each @ losses + 0.5 * np.sum(decay * w**2)

    for _ in range(30):
        p = np.exp(x @ w) / np.exp(x @ w).sum(axis=1, keepdims=True)
        gradient = x.T @ (each[:, None] * (p - wanted)) + decay * w
        spread = p[:, :, None] * np.eye(classes) - p[:, :, None] * p[:, None, :]
        weighted = np.einsum("n,ncd,nj->ncjd", each, spread, x).reshape(len(x), -1)
        full = (x.T @ weighted).reshape(w.size, w.size) + np.diag(decay.ravel())
        step = np.linalg.solve(full, gradient.ravel()).reshape(w.shape)
        while value(w - step) > value(w) + 1e-15:
            step = step / 2
        w = w - step
        if np.abs(gradient).max() < 1e-13:
            break
    assert np.abs(gradient).max() < 1e-10
    return w


def reached(algorithm, rounds):
    """Return where the algorithm ends, in full batches of float64, as (61, classes)."""
    clients = federation()
    trainer = BatchedTrainer(clients, MLP((FEATURES, clients.classes)), np.float64)
    settings = RunSettings(
        rounds=rounds, local_steps=4, batch_size=0, learning_rate=0.3, l2=L2, dissimilarity_every=0
    )
    kernel, bias = simulate(clients, algorithm, settings, trainer=trainer).parameters.values()
    return np.vstack([kernel, bias])


def away(algorithm, weights, rounds=200):
    """Return the largest distance from the optimum; biases count up to a common shift."""
    difference = reached(algorithm, rounds) - optimum(weights)
    difference[-1] -= difference[-1].mean()
    return np.abs(difference).max()


@pytest.mark.parametrize("algorithm", [Scaffold(), FedDyn(alpha=1.0)])
def test_weighted_by_samples_it_minimises_the_mean_over_samples(algorithm):
    assert away(replace(algorithm, weighting="samples"), BY_SAMPLES) < 1e-6
    assert np.abs(optimum(BY_SAMPLES) - optimum(ALIKE)).max() > 0.05


@pytest.mark.parametrize("algorithm", [Scaffold(), FedDyn(alpha=1.0)])
def test_as_the_paper_has_it_it_minimises_the_mean_over_clients(algorithm):
    assert algorithm.objective == "equal"
    assert away(algorithm, ALIKE) < 1e-6


def test_fedsgd_minimises_the_mean_over_samples():
    assert FedSGD().objective == "samples"
    assert away(FedSGD(), BY_SAMPLES, rounds=600) < 1e-6


@pytest.mark.parametrize("name", ["scaffold", "feddyn"])
def test_the_weighting_changes_no_older_runs_identity(name):
    assert "weighting" not in to_dict(ALGORITHMS[name]())
    assert to_dict(ALGORITHMS[name](weighting="samples"))["weighting"] == "samples"


def test_both_means_are_recorded():
    """Two clients of 110 and 18: by samples the first counts 110/200, alike 1/6."""
    clients = federation()
    trainer = BatchedTrainer(clients, MLP((FEATURES, clients.classes)), np.float64)
    history = simulate(clients, FedAvg(), RunSettings(rounds=1, batch_size=0), trainer=trainer)
    vector = np.concatenate([np.ravel(value) for value in history.parameters.values()])
    sums = trainer.evaluate(vector)
    last = history.records[-1]
    assert last.train_loss == pytest.approx(sums.train_loss.sum() / 200)
    assert last.client_train_loss == pytest.approx(np.mean(sums.train_loss / np.array(SIZES)))
    assert last.client_train_accuracy == pytest.approx(
        np.mean(sums.train_correct / np.array(SIZES))
    )
