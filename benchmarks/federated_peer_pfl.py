"""pfl-research (Granqvist et al. 2024, arXiv:2404.06430): its own FedAvg, a PyTorch model."""

import os
import time
from importlib import metadata

import numpy as np
import torch
from pfl.aggregate.simulate import SimulatedBackend
from pfl.aggregate.weighting import WeightByDatapoints
from pfl.algorithm.base import NNAlgorithmParams
from pfl.algorithm.federated_averaging import FederatedAveraging
from pfl.callback.base import TrainingProcessCallback
from pfl.data.federated_dataset import FederatedDataset
from pfl.data.pytorch import PyTorchTensorDataset
from pfl.data.sampling import MinimizeReuseUserSampler
from pfl.hyperparam.base import NNTrainHyperParams
from pfl.metrics import Metrics, Weighted
from pfl.model.pytorch import PyTorchModel
from torch.nn import Linear, ReLU
from torch.nn.functional import cross_entropy

from benchmarks import federated_workload as work


class Network(torch.nn.Sequential):
    """The MLP with the two methods that pfl calls."""

    def __init__(self):
        layers = Linear(work.FEATURES, work.HIDDEN), ReLU(), Linear(work.HIDDEN, work.CLASSES)
        super().__init__(*layers)
        with torch.no_grad():
            for parameter, value in zip(self.parameters(), work.initial(), strict=True):
                parameter.copy_(torch.from_numpy(value.T))

    def loss(self, inputs, labels):
        """Return the mean cross-entropy."""
        return cross_entropy(self(inputs), labels)

    @torch.no_grad()
    def metrics(self, inputs, labels):
        """Return what is evaluated, which pfl does in its first round whatever it is told."""
        total = cross_entropy(self(inputs), labels, reduction="sum")
        return {"loss": Weighted(total.item(), len(labels))}


class Shuffled(PyTorchTensorDataset):
    """A client's samples, every epoch in another order; pfl alone would keep the order."""

    def iter(self, batch_size):
        """Yield the batches of an epoch."""
        order = torch.randperm(len(self))
        yield from zip(*(values[order].split(batch_size) for values in self.raw_data), strict=True)


class Clock(TrainingProcessCallback):
    """Notes the CPU time whenever a round has been aggregated."""

    def __init__(self):
        self.times = []

    def after_central_iteration(self, aggregate_metrics, model, *, central_iteration):
        """Let the training go on."""
        self.times.append(time.process_time())
        return False, Metrics()


def federate(data):
    """Return all clients, in turn, so that a cohort of their number is everybody."""
    clients = [Shuffled((torch.from_numpy(x), torch.from_numpy(y))) for x, y in data]
    return FederatedDataset(clients.__getitem__, MinimizeReuseUserSampler(range(len(clients))))


def train(network, federation, clock, count, epochs, rounds):
    """Run FedAvg over all clients; the server's step of length 1 is the weighted mean."""
    # Evaluation only in the first round, which is not counted.
    algorithm = NNAlgorithmParams(
        central_num_iterations=rounds,
        evaluation_frequency=rounds,
        train_cohort_size=count,
        val_cohort_size=None,
    )
    local = NNTrainHyperParams(
        local_batch_size=work.BATCH, local_num_epochs=epochs, local_learning_rate=work.RATE
    )
    FederatedAveraging().run(
        algorithm,
        SimulatedBackend(federation, federation, [WeightByDatapoints()]),
        PyTorchModel(network, torch.optim.SGD, torch.optim.SGD(network.parameters(), lr=1.0)),
        local,
        callbacks=[clock],
        send_metrics_to_platform=False,
    )


def main():
    """Measure rounds of FedAvg over all clients."""
    torch.set_num_threads(1)
    # Otherwise pfl looks for a graphics card at every batch.
    os.environ["PFL_PYTORCH_DEVICE"] = "cpu"
    count, epochs, rounds = work.arguments()
    data, network, clock = work.clients(count), Network(), Clock()
    train(network, federate(data), clock, count, epochs, rounds + 1)
    final = [p.detach().numpy().T for p in network.parameters()]
    seconds = list(np.diff(clock.times))
    work.report(seconds, work.loss(final, data), version=metadata.version("pfl"))


main()
