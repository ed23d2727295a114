"""PyTorch: the usual loop, one client after the other, autograd and torch.optim.SGD."""

import copy

import numpy as np
import torch

from benchmarks import federated_workload as work


def main():
    """Measure rounds of FedAvg over all clients."""
    torch.set_num_threads(1)
    count, epochs, rounds = work.arguments()
    data = [(torch.from_numpy(x), torch.from_numpy(y)) for x, y in work.clients(count)]
    total = sum(len(y) for _, y in data)
    model = torch.nn.Sequential(
        torch.nn.Linear(work.FEATURES, work.HIDDEN),
        torch.nn.ReLU(),
        torch.nn.Linear(work.HIDDEN, work.CLASSES),
    )
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), work.initial(), strict=True):
            parameter.copy_(torch.from_numpy(value.T if value.ndim == 2 else value))
    loss = torch.nn.CrossEntropyLoss()

    def train(inputs, labels):
        local = copy.deepcopy(model)
        optimizer = torch.optim.SGD(local.parameters(), lr=work.RATE)
        for _ in range(epochs):
            order = torch.randperm(len(labels))
            for first in range(0, len(labels), work.BATCH):
                rows = order[first : first + work.BATCH]
                optimizer.zero_grad()
                loss(local(inputs[rows]), labels[rows]).backward()
                optimizer.step()
        return local

    def one_round():
        mean = [torch.zeros_like(p) for p in model.parameters()]
        for inputs, labels in data:
            trained = train(inputs, labels)
            for sum_, own in zip(mean, trained.parameters(), strict=True):
                sum_ += own.detach() * (len(labels) / total)
        with torch.no_grad():
            for parameter, value in zip(model.parameters(), mean, strict=True):
                parameter.copy_(value)

    seconds = work.measure(one_round, rounds)
    final = [p.detach().numpy().T for p in model.parameters()]
    plain = [(x.numpy(), y.numpy()) for x, y in data]
    work.report(
        seconds, work.loss([np.asarray(p) for p in final], plain), version=torch.__version__
    )


main()
