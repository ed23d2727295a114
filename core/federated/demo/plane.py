"""The real network's parameters, seen on the plane in which most of a run happens."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.federated.clients import Clients
from core.federated.demo.recording import RecordedRound, RecordingTrainer
from core.federated.demo.spec import DemoRun
from core.federated.federate import run_of, trainer_of
from core.federated.history import FederatedHistory
from core.federated.network.linear import linear
from core.federated.network.vector import flatten, unflatten
from core.federated.simulation import simulate_together
from core.federated.trainers.trainer import Trainer


@dataclass(frozen=True)
class Plane:
    """Two orthonormal directions through the model before training.

    origin: (P,). axes: (2, P), the first the main direction of the server's path, the second the
    main direction of the clients' steps away from their round's mean, at right angles to the first.
    shares: of the variance of the server's path, of the clients' spread, and of all drawn models
    together, how much the plane shows, in [0, 1].
    """

    origin: np.ndarray
    axes: np.ndarray
    shares: tuple[float, float, float]

    def place(self, models: np.ndarray) -> np.ndarray:
        """Return models (..., P) on the plane, (..., 2)."""
        return np.asarray((models - self.origin) @ self.axes.T)

    def lift(self, points: np.ndarray) -> np.ndarray:
        """Return the models at points (..., 2), (..., P)."""
        return np.asarray(self.origin + points @ self.axes)


@dataclass(frozen=True)
class Walk:
    """A run as its plane shows it. server: (rounds + 1, 2). clients, ends: a round's, (m, 2)."""

    plane: Plane
    server: np.ndarray
    clients: tuple[np.ndarray, ...]
    ends: tuple[np.ndarray, ...]
    history: FederatedHistory


def walk(run: DemoRun, clients: Clients) -> Walk:
    """Return the run that `run.spec` describes, and the plane of what it did."""
    recorder = RecordingTrainer(trainer_of(run.spec, clients))
    history = simulate_together(clients, [run_of(run.spec, 0)], trainer=recorder)[0]
    starts = [each.work.start for each in recorder.rounds]
    servers = np.array([*starts, flatten(history.parameters)], np.float64)
    plane = plane_of(servers, recorder.rounds)
    return Walk(
        plane,
        plane.place(servers),
        tuple(each.work.clients for each in recorder.rounds),
        tuple(plane.place(each.ends) for each in recorder.rounds),
        history,
    )


def plane_of(servers: np.ndarray, rounds: Sequence[RecordedRound]) -> Plane:
    """Return the plane. servers: (rounds + 1, P), the model before the first and after each."""
    path = servers - servers[0]
    spread = np.concatenate([each.ends - each.ends.mean(axis=0) for each in rounds])
    first = main_direction(path)
    second = main_direction(spread - np.outer(spread @ first, first))
    if not second.any():  # one client a round, or steps on the pooled data: nobody spreads
        second = main_direction(path - np.outer(path @ first, first))
    axes = np.stack([first, second])
    ends = np.concatenate([each.ends - servers[0] for each in rounds])
    drawn = np.concatenate([path, ends])
    shares = tuple(_shown(models, axes) for models in (path, spread, drawn))
    return Plane(servers[0], axes, (shares[0], shares[1], shares[2]))


def main_direction(vectors: np.ndarray) -> np.ndarray:
    """Return the first right singular vector of (n, P) vectors, zeros if all vectors are zero.

    Its sign is that of the sum of the vectors along it, so that a path runs to the right.
    """
    # The smaller of the two Gram matrices: n may be a thousand, P a hundred thousand.
    with threadpool_limits(limits=1, user_api="blas"):
        if len(vectors) <= vectors.shape[1]:
            left = np.linalg.eigh(vectors @ vectors.T)[1][:, -1]
            found = left @ vectors
        else:
            found = np.linalg.eigh(vectors.T @ vectors)[1][:, -1]
    length = float(np.linalg.norm(found))
    if length < 1e-12 or not np.abs(vectors).max() > 1e-12:
        return np.zeros(vectors.shape[1])
    sign = 1.0 if float(np.sum(vectors @ found)) >= 0 else -1.0
    return np.asarray(sign * found / length)


def _shown(models: np.ndarray, axes: np.ndarray) -> float:
    whole = float(np.sum(models**2))
    return float(np.sum((models @ axes.T) ** 2)) / whole if whole else 1.0


def surface(
    trainer: Trainer, clients: Clients, plane: Plane, box: Sequence[float], cells: int
) -> np.ndarray:
    """Return the training loss of all samples on a lattice of the plane, (cells, cells).

    box: left, right, bottom, top. Rows go up. The trainer's network is one linear layer: its
    outputs are linear in its parameters, so those at three places give those at all.
    """
    # (classes, samples): NumPy reduces over a long last axis far faster than over a short one.
    first, right, up = (_outputs(trainer, clients, each) for each in (plane.origin, *plane.axes))
    rows = np.linspace(box[2], box[3], cells).tolist()
    columns = np.linspace(box[0], box[1], cells).tolist()
    labels = clients.train.labels
    return np.array([[_loss(first + u * right + v * up, labels) for u in columns] for v in rows])


def _outputs(trainer: Trainer, clients: Clients, model: np.ndarray) -> np.ndarray:
    """Return the logits of all training samples, (classes, samples) float32."""
    kernel, bias = unflatten(model.astype(np.float32), trainer.shapes).values()
    with threadpool_limits(limits=1, user_api="blas"):
        return np.ascontiguousarray(linear(clients.train.inputs, kernel, bias).T)


def _loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean cross-entropy. logits: (classes, samples), overwritten."""
    logits -= logits.max(axis=0)
    own = logits[labels, np.arange(len(labels))]
    losses = np.log(np.exp(logits, out=logits).sum(axis=0)) - own
    return float(losses.mean(dtype=np.float64))
