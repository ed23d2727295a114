"""Pareto Lab: the batched trainer through `simulate`, evaluation of every round included."""

import resource
import sys
import time
from pathlib import Path

import federated_workload as work
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.federated.algorithm import Instruction
from core.federated.algorithms.fedavg import FedAvg
from core.federated.clients import join_clients
from core.federated.run_settings import RunSettings
from core.federated.sampling import sample_cohort
from core.federated.simulation import mlp_trainer, simulate
from core.federated.trainer import Work
from core.progress import Silent


class Clock(Silent):
    """Notes the CPU time whenever a round is recorded."""

    def __init__(self):
        super().__init__()
        self.times = []

    def record(self, step, **values):
        self.times.append(time.process_time())


def main():
    """Measure whole rounds, and the training in them alone."""
    count, epochs, rounds = work.arguments()
    data = work.clients(count)
    # A tenth of the samples is evaluated as validation data besides all training data.
    federation = join_clients(
        "workload", [(x, y, x[: len(y) // 10], y[: len(y) // 10]) for x, y in data], work.CLASSES
    )
    trainer = mlp_trainer(federation, (work.HIDDEN,))
    trainer.evaluate(trainer.initial(0))  # so that the samples' own memory is counted as such
    before, clock = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, Clock()
    settings = RunSettings(
        rounds=rounds + 1, local_epochs=epochs, learning_rate=work.RATE, dissimilarity_every=0
    )
    history = simulate(federation, FedAvg(), settings, 0, clock, trainer=trainer)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = trainer.initial(0)
    cohort = sample_cohort(federation.train, settings, Instruction(), 0, 1)
    local = Work(start, cohort.clients, cohort.steps, cohort.weights, work.BATCH, work.RATE)

    def training_only():
        for _ in trainer.train([local], lambda: None):
            pass

    alone = work.measure(training_only, rounds)
    work.report(
        list(np.diff(clock.times)[1:]),
        work.loss(list(history.parameters.values()), data),
        training=float(np.median(alone)),
        training_lowest=min(alone),
        samples_mb=before / 1024,
        rounds_mb=(peak - before) / 1024,
    )


main()
