"""Small federations for tests."""

import numpy as np

from core.data.synthetic import Synthetic, draw_clients
from core.federated.clients import join_clients


def synthetic_federation(clients=6, largest=60, seed=3):
    drawn = draw_clients(Synthetic(1.0, 1.0, clients=clients, largest_client=largest), seed)
    return join_clients("Synthetic(1, 1)", drawn, 10)


def client(samples, features=2, label=0):
    """One client whose inputs count up, with one validation sample."""
    inputs = np.arange(samples * features, dtype=np.float32).reshape(samples, features)
    labels = np.full(samples, label)
    return inputs, labels, inputs[:1], labels[:1]
