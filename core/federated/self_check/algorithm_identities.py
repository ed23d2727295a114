"""What each algorithm must equal: another algorithm, or its formula written out."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

import numpy as np

from core.data.synthetic import ClientData
from core.federated.adaptive_server import AdaptiveServer
from core.federated.algorithm import Algorithm, ServerState, Updates
from core.federated.algorithms.fedavg import FedAvg
from core.federated.algorithms.fedsgd import FedSGD
from core.federated.algorithms.minibatch_sgd import MiniBatchSGD
from core.federated.algorithms.scaffold import Scaffold
from core.federated.clients import join_clients
from core.federated.network import mlp
from core.federated.network.mlp import Parameters
from core.federated.network.sgd import batches, local_sgd
from core.federated.self_check import reference_steps
from core.federated.self_check.small_runs import (
    FULL_BATCH,
    RATE,
    SETTINGS,
    apart,
    federation,
    few_clients,
    start,
    trained,
)
from core.randomness import generator


def _pooled_step() -> Parameters:
    train = federation().train
    gradient = mlp.gradient(start(), train.inputs, train.labels)
    return {name: value - RATE * gradient[name] for name, value in start().items()}


def one_full_batch_step() -> float:
    """Return how far FedAvg with one full-batch step is from gradient descent on all data."""
    return apart(trained(FedAvg(), FULL_BATCH), _pooled_step())


def fedsgd_step() -> float:
    """Return how far FedSGD is from gradient descent on all data."""
    return apart(trained(FedSGD(), replace(SETTINGS, rounds=1)), _pooled_step())


def whole_batch_sgd() -> float:
    """Return how far SGD with a batch of everything is from gradient descent."""
    everybody = MiniBatchSGD(batch=len(federation().train))
    return apart(trained(everybody, replace(SETTINGS, rounds=1)), _pooled_step())


def one_client() -> float:
    """Return how far FedAvg with one client is from local SGD."""
    client = few_clients(1)[0]
    samples = len(client.train_labels)
    rounds_batches = [
        batches(samples, 10, -(-samples // 10), generator(7, "client", 0, "round", number))
        for number in (1, 2, 3)
    ]
    local = local_sgd(
        start(),
        client.train_inputs,
        client.train_labels,
        learning_rate=RATE,
        index_batches=[rows for one_round in rounds_batches for rows in one_round],
    )
    return apart(trained(FedAvg(), clients=join_clients("one", [client])), local)


def identical_clients() -> float:
    """Return how far FedAvg of four equal clients is from FedAvg of one of them."""
    client = few_clients(1)[0]
    steps = replace(FULL_BATCH, local_epochs=4)
    together = trained(FedAvg(), steps, join_clients("same", [client] * 4))
    return apart(together, trained(FedAvg(), steps, join_clients("one", [client])))


def same_as_fedavg(algorithm: Algorithm, **changes: int) -> float:
    """Return how far an algorithm is from FedAvg. changes: of the settings of both."""
    settings = replace(SETTINGS, **changes)  # type: ignore[arg-type]
    return apart(trained(algorithm, settings), trained(FedAvg(), settings))


def mean_of_clients(algorithm: Algorithm, name: str, weights: np.ndarray | None = None) -> float:
    """Return how far a server vector is from the mean of the clients' own of that name."""
    seen: list[ServerState] = []

    @dataclass(frozen=True)
    class Watched(type(algorithm)):  # type: ignore[misc]
        def aggregate(self, state: ServerState, updates: Iterable[Updates]) -> ServerState:
            seen.append(super().aggregate(state, updates))
            return seen[-1]

    watched = Watched(**asdict(algorithm))
    trained(watched, replace(SETTINGS, clients_per_round=3, learning_rate=0.01))
    mean = np.average(seen[-1].clients[name], axis=0, weights=weights)
    return float(np.abs(seen[-1].server[name] - mean).max())


def adaptive(algorithm: AdaptiveServer, second_moment: reference_steps.SecondMoment) -> float:
    """Return how far an adaptive server is from its formula written out."""
    expected = reference_steps.adaptive_rounds(
        start(),
        few_clients(),
        second_moment,
        momentum=algorithm.beta1,
        server_rate=algorithm.server_rate,
        tau=algorithm.tau,
        rounds=SETTINGS.rounds,
        batch_size=SETTINGS.batch_size,
        learning_rate=RATE,
        seed=7,
    )
    return apart(trained(algorithm), expected)


def first_scaffold_round() -> float:
    """Return how far SCAFFOLD's first round is from FedAvg's, on clients of equal size."""
    equal = [ClientData(*(part[:40] for part in client)) for client in few_clients()]
    federation, once = join_clients("equal", equal), replace(SETTINGS, rounds=1)
    return apart(trained(Scaffold(), once, federation), trained(FedAvg(), once, federation))
