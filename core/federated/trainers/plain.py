"""The readable trainer: one client after the other, written with mlp.gradient."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.federated.algorithm import Updates
from core.federated.clients import Clients, Samples
from core.federated.network import loss, mlp
from core.federated.network.mlp import MLP
from core.federated.network.sgd import batches
from core.federated.network.vector import Shapes, flatten, unflatten
from core.federated.trainers.trainer import POOLED, Evaluation, Tick, Work

# Samples evaluated at once: their activations stay in the cache.
EVALUATION_ROWS = 512


@dataclass(frozen=True)
class PlainTrainer:
    """Trains an MLP client by client; the reference that the batched trainer must equal."""

    clients: Clients
    network: MLP
    dtype: type = np.float32

    @property
    def shapes(self) -> Shapes:
        """The parameters' names and shapes."""
        return self.network.parameter_shapes()

    def initial(self, seed: int) -> np.ndarray:
        """Return Glorot-uniform parameters."""
        return flatten(self.network.initial_parameters(seed)).astype(self.dtype)

    def train(self, works: Sequence[Work], tick: Tick) -> Iterator[tuple[int, Updates]]:
        """Yield one client's update after the other."""
        for number, work in enumerate(works):
            for row in range(len(work.clients)):
                tick()
                yield number, self._train_client(work, row)

    def evaluate(self, vector: np.ndarray) -> Evaluation:
        """Return losses and hits on every client's samples."""
        return Evaluation(
            *self._evaluate(vector, self.clients.train),
            *self._evaluate(vector, self.clients.validation),
        )

    def gradients(self, vector: np.ndarray, clients: np.ndarray) -> np.ndarray:
        """Return the gradient of every client's mean training loss, (n, P)."""
        parameters = unflatten(vector, self.shapes)
        return np.stack(
            [flatten(mlp.gradient(parameters, *self._samples(k))) for k in clients]
        ).astype(self.dtype)

    def _train_client(self, work: Work, row: int) -> Updates:
        rows = np.array([row])
        client, steps = int(work.clients[row]), int(work.steps[row])
        inputs, labels = self._samples(client)
        offset = work.step_offset(work.clients[rows])
        vector, mu = work.start, work.instruction.mu_of(client)
        for chosen in batches(len(labels), work.batch_size, steps, work.rng(client)):
            parameters = unflatten(vector, self.shapes)
            gradient = mlp.gradient(parameters, inputs[chosen], labels[chosen], work.l2)
            step = -work.learning_rate * (flatten(gradient) + mu * vector)
            vector = vector + step + (0 if offset is None else offset[0])
        gradients = None
        if work.instruction.gradients:
            gradients = work.decayed(self.gradients(work.start, work.clients[rows]), self.shapes)
        return work.updates(rows, (vector - work.start)[None].astype(self.dtype), gradients)

    def _samples(self, client: int) -> tuple[np.ndarray, np.ndarray]:
        train = self.clients.train
        pooled = client == POOLED
        inputs, labels = (train.inputs, train.labels) if pooled else train.of(int(client))
        return self._as_rows(inputs), labels

    def _as_rows(self, inputs: np.ndarray) -> np.ndarray:
        return inputs.reshape(len(inputs), -1).astype(self.dtype, copy=False)

    def _evaluate(self, vector: np.ndarray, samples: Samples) -> tuple[np.ndarray, np.ndarray]:
        parameters, inputs = unflatten(vector, self.shapes), self._as_rows(samples.inputs)
        losses, correct = np.empty(len(samples)), np.empty(len(samples), bool)
        for first in range(0, len(samples), EVALUATION_ROWS):
            some = slice(first, first + EVALUATION_ROWS)
            logits = mlp.forward(parameters, inputs[some])[-1]
            losses[some] = loss.sample_losses(logits, samples.labels[some])
            correct[some] = logits.argmax(axis=1) == samples.labels[some]
        return samples.sums(losses), samples.sums(correct)
