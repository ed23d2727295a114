"""Flower's simulation (Beutel et al. 2020) with a NumPy client, the reference loop's arithmetic."""

import logging

import flwr
import numpy as np
from flwr.client import ClientApp, NumPyClient
from flwr.server import ServerApp, ServerAppComponents, ServerConfig
from flwr.server.strategy import FedAvg
from flwr.simulation import run_simulation

from benchmarks import federated_workload as work
from benchmarks.federated_training import train_client

COUNT, EPOCHS, ROUNDS = work.arguments()
DATA = work.clients(COUNT)
TIMES: list[float] = []
FINAL: list = []


class Client(NumPyClient):
    """Trains one client's share."""

    def __init__(self, number):
        self.number = number

    def fit(self, parameters, config):
        inputs, labels = DATA[self.number]
        rng = np.random.default_rng()
        return list(train_client(parameters, inputs, labels, EPOCHS, rng)), len(labels), {}


class Timed(FedAvg):
    """FedAvg that notes when a round has been aggregated."""

    def aggregate_fit(self, server_round, results, failures):
        assert not failures, failures[:1]
        aggregated = super().aggregate_fit(server_round, results, failures)
        TIMES.append(work.cpu_seconds())
        FINAL[:] = flwr.common.parameters_to_ndarrays(aggregated[0])
        return aggregated


def client_app(context):
    """Make the client of a partition."""
    return Client(int(context.node_config["partition-id"])).to_client()


def server_app(context):
    """Make the strategy."""
    strategy = Timed(
        fraction_fit=1.0,
        fraction_evaluate=0.0,
        min_fit_clients=COUNT,
        min_available_clients=COUNT,
        initial_parameters=flwr.common.ndarrays_to_parameters(work.initial()),
    )
    return ServerAppComponents(strategy=strategy, config=ServerConfig(num_rounds=ROUNDS + 1))


if __name__ == "__main__":
    logging.getLogger("flwr").setLevel(logging.ERROR)
    run_simulation(
        server_app=ServerApp(server_fn=server_app),
        client_app=ClientApp(client_fn=client_app),
        num_supernodes=COUNT,
        backend_config={
            "client_resources": {"num_cpus": 1, "num_gpus": 0.0},
            "init_args": {"num_cpus": 1},
        },
    )
    work.report(list(np.diff(TIMES)), work.loss(FINAL, DATA), version=flwr.__version__)
