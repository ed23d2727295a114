"""Pareto Lab: whole rounds of `simulate`, evaluation included, and their training alone."""

import resource
import time

import numpy as np

from benchmarks import federated_workload as work
from core.federated.algorithm import Instruction
from core.federated.algorithms.fedavg import FedAvg
from core.federated.clients import join_clients
from core.federated.sampling import sample_cohort
from core.federated.simulation import mlp_trainer, simulate
from core.federated.spec import RunSettings
from core.federated.trainers.trainer import Work
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
    arrays = [(*client, *work.validation(*client)) for client in data]
    federation = join_clients("workload", arrays, work.CLASSES)
    trainer = mlp_trainer(federation, (work.HIDDEN,))
    trainer.evaluate(trainer.initial(0))  # so that the samples' own memory is counted as such
    before, clock = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, Clock()
    settings = RunSettings(
        rounds=rounds + 1, local_epochs=epochs, learning_rate=work.RATE, dissimilarity_every=0
    )
    history = simulate(federation, FedAvg(), settings, 0, clock, trainer=trainer)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    alone = work.measure(training_alone(federation, trainer, settings), rounds)
    work.report(
        alone,
        work.loss(list(history.parameters.values()), data),
        **work.evaluated(list(np.diff(clock.times)[1:])),
        samples_mb=before / 1024,
        rounds_mb=(peak - before) / 1024,
    )


def training_alone(federation, trainer, settings):
    """Return a function that does what the other systems do in a round, and nothing else."""
    state, number = FedAvg().init(trainer.initial(0), federation.shares), 0

    def one_round():
        nonlocal state, number
        number += 1
        cohort = sample_cohort(federation.train, settings, Instruction(), 0, number)
        share = (cohort.clients, cohort.steps, cohort.weights)
        local = Work(state.parameters, *share, work.BATCH, work.RATE, round=number)
        updates = (sent for _, sent in trainer.train([local], lambda: None))
        state = FedAvg().aggregate(state, updates)

    return one_round


main()
