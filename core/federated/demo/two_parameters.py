"""A federation with two parameters: logistic regression on one input, with slope and intercept.

The product's own network of one linear layer, 1 input and 2 classes, has four numbers, but its
softmax sees only differences between the classes: slope u = k_1 - k_0 and intercept v = b_1 - b_0.
Both move by twice the learning rate times the gradient of binary cross-entropy, whatever else the
four numbers are, so every algorithm runs here unchanged and is drawn as it is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.data.synthetic import ClientData
from core.federated.clients import Clients, join_clients
from core.federated.demo.recording import PathWatcher, RecordedRound, RecordingTrainer
from core.federated.demo.spec import CLIENTS, DemoRun
from core.federated.federate import run_of
from core.federated.network.linear import linear
from core.federated.network.loss import sample_losses
from core.federated.network.mlp import MLP
from core.federated.simulation import simulate_together
from core.federated.spec import FederatedSpec
from core.federated.trainers.batched import BatchedTrainer, Watcher
from core.randomness import generator

TOY_CLIENTS = 10
SAMPLES = 40
ROUNDS = 40
START = (-2.0, 2.5)  # slope and intercept before the first round
# Points of a client's path in one round, its start included.
POINTS = 7
LOCAL_RATE, ONE_STEP_RATE = 0.04, 0.5
BATCH = 10
# (1, 2) kernel and (2,) bias, flat -> slope and intercept.
DIFFERENCES = np.array([[-1.0, 1.0, 0.0, 0.0], [0.0, 0.0, -1.0, 1.0]])


@dataclass(frozen=True)
class ToyRound:
    """One round in (slope, intercept).

    clients: (m,) numbers. paths: (m, POINTS, 2). server: (2,) after it. corrections: (m, 2), how
    far a client's correction (SCAFFOLD's c_k - c) moves it in all its steps. pulls: (m, 2), the
    step that a proximal term takes from the end of the path, towards the server's model.
    """

    clients: np.ndarray
    paths: np.ndarray
    server: np.ndarray
    corrections: np.ndarray
    pulls: np.ndarray


@dataclass(frozen=True)
class ToyRun:
    """A run: its start (2,) and its rounds."""

    start: np.ndarray
    rounds: tuple[ToyRound, ...]


def toy_clients(heterogeneity: float | None, data_seed: int) -> Clients:
    """Return ten clients of 40 samples; None: all draw from one distribution.

    Client k: slope 1.5 + s N(0, 1), intercept s N(0, 1), inputs N(s N(0, 1), 1), and labels drawn
    with probability sigmoid(slope x + intercept); s^2 = heterogeneity + 1/4, 0 for None.
    """
    spread = 0.0 if heterogeneity is None else math.sqrt(heterogeneity + 0.25)
    clients = [_client(spread, generator(data_seed, "two", k)) for k in range(TOY_CLIENTS)]
    return join_clients("two parameters", clients, 2)


def _client(spread: float, rng: np.random.Generator) -> ClientData:
    slope, intercept, centre = np.array([1.5, 0.0, 0.0]) + spread * rng.standard_normal(3)
    inputs = centre + rng.standard_normal(SAMPLES + 4)
    chance = 1 / (1 + np.exp(-(slope * inputs + intercept)))
    labels = (rng.random(len(inputs)) < chance).astype(np.int64)
    column = inputs[:, None]
    return ClientData(column[:SAMPLES], labels[:SAMPLES], column[SAMPLES:], labels[SAMPLES:])


def toy_trainer(clients: Clients, watcher: Watcher | None = None) -> BatchedTrainer:
    """Return the product's trainer of the four numbers, in float64."""
    return BatchedTrainer(clients, MLP((1, 2)), np.float64, watcher)


def vector_of(point: Sequence[float]) -> np.ndarray:
    """Return the four numbers with this slope and intercept whose classes mirror each other."""
    slope, intercept = point
    return np.array([-slope / 2, slope / 2, -intercept / 2, intercept / 2])


def play(run: DemoRun, rounds: int = ROUNDS) -> ToyRun:
    """Return a run's rounds on the two-parameter clients; the share of clients is the run's."""
    clients = toy_clients(run.heterogeneity, run.data_seed)
    watcher = PathWatcher(POINTS - 1)
    recorder = RecordingTrainer(toy_trainer(clients, watcher), watcher)
    spec = toy_spec(run, rounds)
    history = simulate_together(
        clients, [run_of(spec, 0)], trainer=recorder, start=_named(vector_of(START))
    )[0]
    last = np.concatenate([np.ravel(value) for value in history.parameters.values()])
    servers = [*(each.work.start for each in recorder.rounds), last]
    played = tuple(map(_round, recorder.rounds, servers[1:]))
    return ToyRun(np.array(START), played)


def toy_spec(run: DemoRun, rounds: int = ROUNDS) -> FederatedSpec:
    """Return the run's settings for so small a network: all but data, rates and clients stay."""
    return replace(
        run.spec,
        rounds=rounds,
        clients_per_round=max(1, round(run.clients / CLIENTS * TOY_CLIENTS)),
        learning_rate=ONE_STEP_RATE if run.takes_one_step else LOCAL_RATE,
        batch_size=BATCH,
        dissimilarity_every=0,
        as_read=None,
    )


def _named(vector: np.ndarray) -> dict[str, np.ndarray]:
    return {"linear1/kernel": vector[:2].reshape(1, 2), "linear1/bias": vector[2:]}


def _round(recorded: RecordedRound, after: np.ndarray) -> ToyRound:
    work = recorded.work
    starts = np.broadcast_to(work.start, (len(work.clients), 1, work.start.size))
    paths = np.concatenate([starts, recorded.path], axis=1) @ DIFFERENCES.T
    corrections, pulls = _arrows(recorded)
    return ToyRound(work.clients, paths, after @ DIFFERENCES.T, corrections, pulls)


def _arrows(recorded: RecordedRound) -> tuple[np.ndarray, np.ndarray]:
    work, rate = recorded.work, recorded.work.learning_rate
    none: np.ndarray = np.zeros((len(work.clients), 2))
    told = work.instruction
    if told.pooled:
        return none, none
    corrections = none
    if told.correction is not None:
        steps = work.steps[:, None] * rate
        corrections = -steps * told.correction(work.clients) @ DIFFERENCES.T
    mu = np.array([told.mu_of(int(client)) for client in work.clients])[:, None]
    pulls = rate * mu * (work.start - recorded.ends) @ DIFFERENCES.T
    return corrections, pulls


def optimum(clients: Clients) -> np.ndarray:
    """Return where the loss of all samples is lowest, (2,), by Newton's method."""
    trainer, point = toy_trainer(clients), np.array(START) * 0
    for _ in range(50):
        gradient = slope_of(trainer, clients, point)
        if np.abs(gradient).max() < 1e-10:
            break
        beside = np.eye(2) * 1e-5
        columns = [slope_of(trainer, clients, point + e) - gradient for e in beside]
        point = point - np.linalg.solve(np.array(columns).T / 1e-5, gradient)
    return point


def slope_of(trainer: BatchedTrainer, clients: Clients, point: np.ndarray) -> np.ndarray:
    """Return the gradient of the mean loss of all samples in (slope, intercept), (2,)."""
    every = trainer.gradients(vector_of(point.tolist()), np.arange(len(clients)))
    whole = clients.shares @ every
    return np.array([whole[1], whole[3]])


def losses(clients: Clients, box: tuple[float, float, float, float], cells: int) -> np.ndarray:
    """Return every client's mean loss on a lattice, (clients, cells, cells), rows by intercept.

    box: lowest slope, highest slope, lowest intercept, highest intercept.
    """
    slopes, intercepts = np.meshgrid(np.linspace(*box[:2], cells), np.linspace(*box[2:], cells))
    # One linear layer with two classes for every point of the lattice.
    kernels, biases = (np.stack([-n / 2, n / 2], -1).reshape(-1) for n in (slopes, intercepts))
    logits = linear(clients.train.inputs, kernels[None], biases).reshape(-1, 2)
    found = sample_losses(logits, np.repeat(clients.train.labels, cells * cells))
    sums = np.add.reduceat(found.reshape(-1, cells, cells), clients.train.offsets[:-1])
    return np.asarray(sums / clients.train.sizes[:, None, None])
