"""Who takes part in a round, how far each gets, and what each counts."""

import math
from dataclasses import dataclass

import numpy as np

from core.federated.algorithm import Instruction
from core.federated.clients import Samples
from core.federated.network.fedavg import exact_share, sample_clients
from core.federated.network.sgd import steps_of
from core.federated.spec import RunSettings
from core.federated.trainers.trainer import POOLED
from core.randomness import generator


@dataclass(frozen=True)
class Cohort:
    """A round's clients.

    asked: clients that received the model. clients: (m,) numbers of those that answer, or POOLED.
    steps: (m,) local steps. weights: (m,), sum to 1. batch_size: 0 is all samples.
    visited: samples that all gradients of the round read.
    """

    asked: int
    clients: np.ndarray
    steps: np.ndarray
    weights: np.ndarray
    batch_size: int
    visited: int

    @property
    def gradient_evaluations(self) -> int:
        """Mini-batch gradients of the round."""
        return int(self.steps.sum())


def sample_cohort(
    train: Samples, settings: RunSettings, instruction: Instruction, seed: int, round_number: int
) -> Cohort:
    """Return the cohort of a round; a round's streams do not depend on what came before it."""
    asked = sample(train.sizes, settings, seed, round_number)
    batch = settings.batch_size if instruction.batch_size is None else instruction.batch_size
    if instruction.pooled:
        clients, sizes = np.array([POOLED]), np.array([len(train)])
    else:
        clients = _answering(asked, settings, seed, round_number)
        sizes = train.sizes[clients]
    steps = _local_steps(sizes, settings, instruction, batch)
    steps, slow = _straggled(steps, settings, seed, round_number)
    if settings.partial_work == "dropped":
        stay = np.setdiff1d(np.arange(len(steps)), slow[: len(steps) - 1])  # at least one stays
        clients, sizes, steps = clients[stay], sizes[stay], steps[stay]
    equal = settings.sampling == "size"
    weights = np.full(len(sizes), 1 / len(sizes)) if equal else sizes / sizes.sum()
    visited = sum(map(_samples_visited, sizes, steps, [batch] * len(sizes)))
    return Cohort(len(asked), clients, steps, weights, batch, int(visited))


def sample(sizes: np.ndarray, settings: RunSettings, seed: int, round_number: int) -> np.ndarray:
    """Return the clients asked in a round, ascending, without replacement."""
    count = min(settings.clients_per_round or len(sizes), len(sizes))
    if settings.sampling == "uniform":
        return np.array(sample_clients(len(sizes), count, seed, round_number))
    rng = generator(seed, "sampling", "round", round_number)
    return np.sort(rng.choice(len(sizes), count, replace=False, p=sizes / sizes.sum()))


def _answering(
    asked: np.ndarray, settings: RunSettings, seed: int, round_number: int
) -> np.ndarray:
    """Return the clients that do not drop out; at least one stays."""
    stay = len(asked) - math.floor(exact_share(settings.client_dropout, len(asked)))
    rng = generator(seed, "dropouts", "round", round_number)
    return np.sort(rng.permutation(asked)[:stay])


def _local_steps(
    sizes: np.ndarray, settings: RunSettings, instruction: Instruction, batch_size: int
) -> np.ndarray:
    fixed = settings.local_steps if instruction.steps is None else instruction.steps
    if fixed:
        return np.full(len(sizes), fixed)
    return np.array([steps_of(int(size), batch_size, settings.local_epochs) for size in sizes])


def _straggled(
    steps: np.ndarray, settings: RunSettings, seed: int, round_number: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps, those of stragglers cut to between 1 and all but one, and who they are."""
    count = math.floor(exact_share(settings.stragglers, len(steps)))
    rng = generator(seed, "stragglers", "round", round_number)
    slow = rng.permutation(len(steps))[:count]
    cut = steps.copy()
    cut[slow] = rng.integers(1, np.maximum(steps[slow], 2))
    return cut, slow


def _samples_visited(size: int, steps: int, batch_size: int) -> int:
    if batch_size == 0:
        return size * steps
    a_pass = math.ceil(size / batch_size)
    return int(steps // a_pass * size + min(steps % a_pass * batch_size, size))
