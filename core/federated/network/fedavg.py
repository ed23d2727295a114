"""Federated averaging, as the paper writes it: one client after the other, nothing hidden.

Source: McMahan et al. 2017, arXiv:1602.05629, Algorithm 1. `core.federated.trainers.batched`
computes the same numbers for all clients at once; a test holds the two together.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from core.data.synthetic import ClientData
from core.federated.network.mlp import Parameters
from core.federated.network.sgd import batches, local_sgd, steps_of
from core.randomness import generator


def federated_averaging(
    parameters: Parameters,
    clients: Sequence[ClientData],
    *,
    rounds: int,
    share: float,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
) -> Parameters:
    """Return the server's parameters after `rounds` rounds.

    share: C, the part of the clients that works in a round, 0 < share <= 1.
    epochs, batch_size: E and B of the paper; batch_size 0 means all of a client's samples.
    """
    for round_number in range(1, rounds + 1):
        count = math.ceil(exact_share(share, len(clients)))
        chosen = sample_clients(len(clients), count, seed, round_number)
        updated = {
            k: client_update(
                parameters,
                clients[k],
                epochs=epochs,
                batch_size=batch_size,
                learning_rate=learning_rate,
                rng=generator(seed, "client", k, "round", round_number),
            )
            for k in chosen
        }
        parameters = average(updated, {k: len(clients[k].train_labels) for k in chosen})
    return parameters


def sample_clients(clients: int, count: int, seed: int, round_number: int) -> list[int]:
    """Return `count` different clients, each as likely as another, in ascending order."""
    rng = generator(seed, "sampling", "round", round_number)
    return sorted(int(k) for k in rng.choice(clients, count, replace=False))


def client_update(
    parameters: Parameters,
    client: ClientData,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    rng: np.random.Generator,
) -> Parameters:
    """Return what one client makes of the server's parameters in `epochs` passes of local SGD."""
    samples = len(client.train_labels)
    steps = steps_of(samples, batch_size, epochs)
    return local_sgd(
        parameters,
        client.train_inputs,
        client.train_labels,
        learning_rate=learning_rate,
        index_batches=batches(samples, batch_size, steps, rng),
    )


def average(updated: Mapping[int, Parameters], samples: Mapping[int, int]) -> Parameters:
    """Return the mean of the clients' parameters, each weighted by its number of samples."""
    total = sum(samples[k] for k in updated)
    mean: Parameters = {}
    for k, parameters in updated.items():
        for name, value in parameters.items():
            mean[name] = mean.get(name, np.zeros_like(value)) + samples[k] / total * value
    return mean


def exact_share(share: float, count: int) -> float:
    """Return a share of so many without the rounding of binary numbers: .29 of 100 is 29."""
    return round(share * count, 9)
