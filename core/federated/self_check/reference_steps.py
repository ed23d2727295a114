"""Adaptive server steps once more, written out parameter by parameter, for the self-check.

Nothing is shared with `adaptive_server`: FedAvg's step comes from the readable FedAvg, and the
moments are those of the paper's Algorithm 2. Source: Reddi et al. 2021, arXiv:2003.00295.
"""

from collections.abc import Callable, Sequence

import numpy as np

from core.data.synthetic import ClientData
from core.federated.network.fedavg import average, client_update
from core.federated.network.mlp import Parameters
from core.randomness import generator

SecondMoment = Callable[[np.ndarray, np.ndarray], np.ndarray]


def adagrad(v: np.ndarray, squared: np.ndarray) -> np.ndarray:
    """Return the sum of all squares."""
    return np.asarray(v + squared)


def adam(v: np.ndarray, squared: np.ndarray) -> np.ndarray:
    """Return the mean that forgets one part in a hundred."""
    return 0.99 * v + 0.01 * squared


def yogi(v: np.ndarray, squared: np.ndarray) -> np.ndarray:
    """Return v moved by a hundredth of the square towards it."""
    return np.where(v > squared, v - 0.01 * squared, v + 0.01 * squared * (v != squared))


def adaptive_rounds(
    start: Parameters,
    clients: Sequence[ClientData],
    second_moment: SecondMoment,
    *,
    momentum: float,
    server_rate: float,
    tau: float,
    rounds: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
) -> Parameters:
    """Return the server's parameters after rounds of one local epoch of every client."""
    w = {name: value.copy() for name, value in start.items()}
    m = {name: np.zeros_like(value) for name, value in start.items()}
    v = {name: np.full_like(value, tau**2) for name, value in start.items()}
    for number in range(1, rounds + 1):
        updated = {
            k: client_update(
                w,
                client,
                epochs=1,
                batch_size=batch_size,
                learning_rate=learning_rate,
                rng=generator(seed, "client", k, "round", number),
            )
            for k, client in enumerate(clients)
        }
        mean = average(updated, {k: len(client.train_labels) for k, client in enumerate(clients)})
        for name in w:
            delta = mean[name] - w[name]
            m[name] = momentum * m[name] + (1 - momentum) * delta
            v[name] = second_moment(v[name], delta * delta)
            w[name] = w[name] + server_rate * m[name] / (np.sqrt(v[name]) + tau)
    return w
