"""The reference loop: NumPy, one client after the other, buffers made once a client.

Measured twice: training alone, and with the evaluation of all samples in every round.
"""

import numpy as np

from benchmarks import federated_workload as work
from benchmarks.federated_training import evaluate_client, train_client


def main():
    """Measure rounds of FedAvg over all clients, first without evaluation, then with it."""
    count, epochs, rounds = work.arguments()
    data, rng = work.clients(count), np.random.default_rng(0)
    total = sum(len(labels) for _, labels in data)
    parameters, held_out = work.initial(), [work.validation(*client) for client in data]

    def one_round():
        nonlocal parameters
        mean = [np.zeros_like(p) for p in parameters]
        for inputs, labels in data:
            trained = train_client(parameters, inputs, labels, epochs, rng)
            for sum_, own in zip(mean, trained, strict=True):
                sum_ += np.float32(len(labels) / total) * own
        parameters = mean

    def evaluated_round():
        one_round()
        for inputs, labels in (*data, *held_out):
            evaluate_client(parameters, inputs, labels)

    seconds, reached = work.measure(one_round, rounds), work.loss(parameters, data)
    work.report(seconds, reached, **work.evaluated(work.measure(evaluated_round, rounds)))


main()
