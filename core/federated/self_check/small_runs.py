"""Short runs of five clients in float64, on which the identities are checked."""

from dataclasses import replace

import numpy as np

from core.data.synthetic import CLASSES, ClientData, Synthetic, draw_clients
from core.federated.algorithm import Algorithm
from core.federated.clients import Clients, join_clients
from core.federated.network.mlp import MLP, Parameters
from core.federated.network.vector import flatten
from core.federated.simulation import simulate
from core.federated.spec import RunSettings
from core.federated.trainers.batched import BatchedTrainer
from core.randomness import generator

NETWORK = MLP((60, 8, CLASSES))
RATE = 0.1
SETTINGS = RunSettings(rounds=3, learning_rate=RATE, batch_size=10, dissimilarity_every=0)
FULL_BATCH = replace(SETTINGS, rounds=1, batch_size=0)


def few_clients(count: int = 5) -> list[ClientData]:
    """Return clients of Synthetic(1, 1) with their data in float64."""
    drawn = draw_clients(Synthetic(1.0, 1.0, clients=count, largest_client=70), seed=3)
    return [ClientData(*(_double(part) for part in client)) for client in drawn]


def _double(part: np.ndarray) -> np.ndarray:
    return part.astype(np.float64) if part.dtype == np.float32 else part


def federation() -> Clients:
    """Return five of these clients as a federation."""
    return join_clients("Synthetic(1, 1)", few_clients())


def start() -> Parameters:
    """Return parameters in float64, biases away from 0 so that a lost bias is noticed."""
    rng = generator(0, "self-check")
    return {name: rng.normal(0, 0.2, s) for name, s in NETWORK.parameter_shapes().items()}


def trained(
    algorithm: Algorithm, settings: RunSettings = SETTINGS, clients: Clients | None = None
) -> Parameters:
    """Return the parameters after a run from `start()`. clients: five of them if not given."""
    everybody = clients or federation()
    trainer = BatchedTrainer(everybody, NETWORK, np.float64)
    history = simulate(everybody, algorithm, settings, 7, trainer=trainer, start=start())
    return dict(history.parameters)


def apart(one: Parameters, other: Parameters) -> float:
    """Return the largest difference between two networks' parameters."""
    return float(np.abs(flatten(one) - flatten(other)).max())
