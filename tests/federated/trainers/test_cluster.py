"""Clients on the workers of a Dask cluster."""

import numpy as np
import pytest
from distributed import Client, LocalCluster

from core.federated.algorithms import ALGORITHMS
from core.federated.network.vector import flatten
from core.federated.simulation import mlp_trainer, simulate_together
from core.federated.spec import Run, RunSettings
from core.federated.trainers.cluster import ClusterTrainer
from tests.federated.federations import synthetic_federation


@pytest.fixture(scope="module")
def cluster():
    # Ports of its own, and in this process: quick to start and nothing left behind.
    local = LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        dashboard_address="127.0.0.1:0",  # 8787 may be taken by another cluster
        silence_logs=50,
    )
    with local, Client(local) as client:
        yield client


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_the_history_equals_the_local_one(cluster, name):
    clients = synthetic_federation(clients=8)
    settings = RunSettings(rounds=2, clients_per_round=5, stragglers=0.4, learning_rate=0.02)
    run = Run(ALGORITHMS[name](), settings, 1)
    local = mlp_trainer(clients, (8,), np.float64)
    remote = ClusterTrainer(local, cluster, clients_per_task=2)
    ours, theirs = (
        simulate_together(clients, [run], trainer=trainer)[0] for trainer in (local, remote)
    )
    assert flatten(theirs.parameters) == pytest.approx(flatten(ours.parameters), abs=1e-12)
    assert theirs.column("train_loss") == pytest.approx(ours.column("train_loss"), abs=1e-12)


def test_several_runs_share_the_cluster(cluster):
    clients = synthetic_federation(clients=5)
    runs = [Run(ALGORITHMS[n](), RunSettings(rounds=2), 1, n) for n in ("fedavg", "scaffold")]
    local = mlp_trainer(clients, (), np.float64)
    remote = ClusterTrainer(local, cluster, clients_per_task=2)
    for one, other in zip(
        simulate_together(clients, runs, trainer=local),
        simulate_together(clients, runs, trainer=remote),
        strict=True,
    ):
        assert flatten(one.parameters) == pytest.approx(flatten(other.parameters), abs=1e-12)
