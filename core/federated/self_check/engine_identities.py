"""What the engine must not change: order, batching, stopping and resuming, gradients."""

from dataclasses import replace

import numpy as np

from core.federated.algorithm import SAMPLES
from core.federated.algorithms import ALGORITHMS
from core.federated.algorithms.fedavg import FedAvg
from core.federated.algorithms.feddyn import FedDyn
from core.federated.algorithms.fedprox import FedProx
from core.federated.algorithms.scaffold import Scaffold
from core.federated.clients import join_clients
from core.federated.network import fedavg, mlp
from core.federated.network.vector import flatten, unflatten
from core.federated.self_check.small_runs import (
    FULL_BATCH,
    NETWORK,
    RATE,
    SETTINGS,
    apart,
    federation,
    few_clients,
    start,
    trained,
)
from core.federated.simulation import simulate
from core.federated.trainers.batched import BatchedTrainer
from core.federated.trainers.plain import PlainTrainer
from core.progress import Silent, Stopped
from core.randomness import generator


def client_order() -> float:
    """Return how far FedAvg is from itself with the clients the other way round."""
    clients = few_clients()
    backwards = join_clients("backwards", clients[::-1])
    settings = replace(FULL_BATCH, rounds=3, local_epochs=3)
    return apart(trained(FedAvg(), settings), trained(FedAvg(), settings, backwards))


def batched_and_plain() -> float:
    """Return how far the batched trainer is from the readable one, over several algorithms."""
    clients, worst = federation(), 0.0
    settings = replace(SETTINGS, clients_per_round=3, stragglers=0.4, l2=0.01, learning_rate=0.02)
    weighted = (Scaffold(weighting=SAMPLES), FedDyn(weighting=SAMPLES))
    for algorithm in (FedProx(), Scaffold(), FedDyn(), *weighted):
        histories = [
            simulate(clients, algorithm, settings, 7, trainer=trainer, start=start())
            for trainer in (
                BatchedTrainer(clients, NETWORK, np.float64),
                PlainTrainer(clients, NETWORK, np.float64),
            )
        ]
        worst = max(worst, apart(*(dict(history.parameters) for history in histories)))
    return worst


def readable_fedavg() -> float:
    """Return how far the engine's FedAvg is from the one written as in the paper."""
    readable = fedavg.federated_averaging(
        start(),
        few_clients(),
        rounds=3,
        share=0.5,
        epochs=1,
        batch_size=10,
        learning_rate=RATE,
        seed=7,
    )
    return apart(readable, trained(FedAvg(), replace(SETTINGS, clients_per_round=3)))


class _StopAfter(Silent):
    """Keeps what is saved and stops once, when the given round is done."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self._left: int | None = rounds

    def report(self, done: float, total: float, message: str = "") -> None:
        if self._left is not None and done >= self._left:
            self._left = None
            raise Stopped


def stop_and_resume() -> float:
    """Return how far runs that were stopped and resumed are from undisturbed ones."""
    clients, worst = federation(), 0.0
    settings = replace(SETTINGS, rounds=4, clients_per_round=3, learning_rate=0.01)
    for algorithm in (cls() for cls in ALGORITHMS.values()):
        trainer, progress = BatchedTrainer(clients, NETWORK), _StopAfter(2)
        undisturbed = simulate(clients, algorithm, settings, 7, trainer=trainer)
        resumed = undisturbed
        for _ in range(2):
            try:
                resumed = simulate(
                    clients,
                    algorithm,
                    settings,
                    7,
                    progress,
                    trainer=trainer,
                    seconds_between_saves=0,
                )
            except Stopped:
                continue
        worst = max(worst, apart(dict(undisturbed.parameters), dict(resumed.parameters)))
    return worst


def gradient_check() -> float:
    """Return the largest relative error of the gradient against central differences."""
    client, step = few_clients(1)[0], 1e-6
    inputs, labels, l2 = client.train_inputs[:12], client.train_labels[:12], 0.1
    vector, shapes = flatten(start()), NETWORK.parameter_shapes()
    exact = flatten(mlp.gradient(start(), inputs, labels, l2))

    def loss_at(change: np.ndarray) -> float:
        return mlp.mean_loss(unflatten(vector + change, shapes), inputs, labels, l2)

    directions = generator(0, "directions").choice(len(vector), 100, replace=False)
    error = 0.0
    for index in directions:
        change = np.zeros_like(vector)
        change[index] = step
        central = (loss_at(change) - loss_at(-change)) / (2 * step)
        error = max(error, abs(central - exact[index]) / max(1e-2, abs(central)))
    return error
