"""The reference loop: NumPy, one client after the other, buffers made once a client."""

import federated_workload as work
import numpy as np
from federated_training import train_client


def main():
    """Measure rounds of FedAvg over all clients."""
    count, epochs, rounds = work.arguments()
    data, rng = work.clients(count), np.random.default_rng(0)
    total = sum(len(labels) for _, labels in data)
    parameters = work.initial()

    def one_round():
        nonlocal parameters
        mean = [np.zeros_like(p) for p in parameters]
        for inputs, labels in data:
            trained = train_client(parameters, inputs, labels, epochs, rng)
            for sum_, own in zip(mean, trained, strict=True):
                sum_ += np.float32(len(labels) / total) * own
        parameters = mean

    seconds = work.measure(one_round, rounds)
    work.report(seconds, work.loss(parameters, data))


main()
