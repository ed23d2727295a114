"""The pruning part's networks as federated models: TensorFlow takes the steps.

Plain SGD without dropout, as McMahan et al. 2017 train; the algorithms are the same as for the MLP.
With a mask, pruned weights stay exactly 0.0 through every step, so sparse models can be federated.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from core.federated.algorithm import Updates
from core.federated.clients import Clients, Samples
from core.federated.network.loss import sample_losses
from core.federated.network.sgd import batches
from core.federated.network.vector import Shapes, flatten, unflatten
from core.federated.trainers.tensor_models import Trainable, initial, model_of, predict
from core.federated.trainers.trainer import POOLED, Evaluation, Tick, Work

# Images per gradient where a client's whole data are asked for.
GRADIENT_BATCH = 500
STEPS_BETWEEN_TICKS = 10


class CnnTrainer:
    """Trains a network of the pruning part client by client."""

    def __init__(
        self, clients: Clients, network: Trainable, mask: Mapping[str, np.ndarray] | None = None
    ) -> None:
        """clients: with what the network reads. mask: parameter -> 1 to train, 0 pruned."""
        self.clients, self.network = clients, network
        self._mask = None if mask is None else flatten({n: mask[n] for n in self.shapes}) != 0
        self._compiled: _Step | None = None

    @property
    def shapes(self) -> Shapes:
        """The parameters' names and shapes."""
        return self.network.parameter_shapes()

    def initial(self, seed: int) -> np.ndarray:
        """Return fresh weights, Glorot-uniform in the reference network, masked."""
        return self._masked(initial(self.network, seed))

    def train(self, works: Sequence[Work], tick: Tick) -> Iterator[tuple[int, Updates]]:
        """Yield one client's update after the other."""
        for number, work in enumerate(works):
            for row in range(len(work.clients)):
                yield number, self._train_client(work, row, tick)

    def evaluate(self, vector: np.ndarray) -> Evaluation:
        """Return losses and hits on every client's samples."""
        train, validation = self.clients.train, self.clients.validation
        return Evaluation(*self._evaluate(vector, train), *self._evaluate(vector, validation))

    def gradients(self, vector: np.ndarray, clients: np.ndarray) -> np.ndarray:
        """Return the gradient of every client's mean training loss, (n, P), masked."""
        step = self._step()
        step.start(vector)
        rows = [self._masked(step.gradient(*self._samples(int(client)))) for client in clients]
        return np.stack(rows)

    def _train_client(self, work: Work, row: int, tick: Tick) -> Updates:
        rows = np.array([row])
        client, steps = int(work.clients[row]), int(work.steps[row])
        images, labels = self._samples(client)
        gradients = None
        if work.instruction.gradients:
            gradients = work.decayed(self.gradients(work.start, work.clients[rows]), self.shapes)
        offset = work.step_offset(work.clients[rows])
        step = self._step()
        step.start(work.start, None if offset is None else self._masked(offset[0]))
        chosen = batches(len(labels), work.batch_size, steps, work.rng(client))
        for number, some in enumerate(chosen):
            if number % STEPS_BETWEEN_TICKS == 0:
                tick()
            step.advance(images[some], labels[some], work, client)
        return work.updates(rows, self._masked(step.vector() - work.start)[None], gradients)

    def _evaluate(self, vector: np.ndarray, samples: Samples) -> tuple[np.ndarray, np.ndarray]:
        outputs = predict(self.network, unflatten(vector, self.shapes), samples.inputs)
        losses = sample_losses(outputs, samples.labels)
        return samples.sums(losses), samples.sums(outputs.argmax(axis=1) == samples.labels)

    def _samples(self, client: int) -> tuple[np.ndarray, np.ndarray]:
        train = self.clients.train
        return (train.inputs, train.labels) if client == POOLED else train.of(client)

    def _masked(self, vector: np.ndarray) -> np.ndarray:
        return vector if self._mask is None else np.where(self._mask, vector, np.float32(0))

    def _step(self) -> "_Step":
        if self._compiled is None:
            self._compiled = _Step(self.network, self._mask)
        return self._compiled


class _Step:
    """The network's variables and one compiled SGD step over them."""

    def __init__(self, network: Trainable, mask: np.ndarray | None) -> None:
        import tensorflow as tf

        self._shapes = network.parameter_shapes()
        self._model = model_of(network)
        self._variables = self._model.variables
        self._step_offset = {n: tf.Variable(tf.zeros(s)) for n, s in self._shapes.items()}
        kept = {} if mask is None else unflatten(mask.astype(np.float32), self._shapes)
        self._kept = {name: tf.constant(values) for name, values in kept.items()}
        signature = [
            tf.TensorSpec((None, *network.input_shape), tf.float32),
            tf.TensorSpec((None,), tf.int32),
        ]
        numbers = [tf.TensorSpec((), tf.float32)] * 3
        self._advance = tf.function(self._advanced, input_signature=signature + numbers)
        self._gradient = tf.function(self._gradients, input_signature=signature)

    def start(self, vector: np.ndarray, offset: np.ndarray | None = None) -> None:
        """Begin at `vector`, with `offset` added at every step."""
        for name, value in unflatten(vector, self._shapes).items():
            self._variables[name].assign(value)
        offsets = np.zeros_like(vector) if offset is None else offset
        for name, value in unflatten(offsets, self._shapes).items():
            self._step_offset[name].assign(value)

    def advance(self, images: np.ndarray, labels: np.ndarray, work: Work, client: int) -> None:
        """Take one step on a batch of a client's."""
        rate, prox_mu = np.float32(work.learning_rate), np.float32(work.instruction.mu_of(client))
        self._advance(images, labels.astype(np.int32), rate, prox_mu, np.float32(work.l2))

    def gradient(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return the gradient of the mean loss over any number of images, (P,)."""
        total = np.zeros(sum(int(np.prod(s)) for s in self._shapes.values()), np.float64)
        for first in range(0, len(labels), GRADIENT_BATCH):
            some = slice(first, first + GRADIENT_BATCH)
            found = self._gradient(images[some], labels[some].astype(np.int32))
            total += self._flat(found) * len(labels[some])
        return (total / len(labels)).astype(np.float32)

    def _flat(self, gradients: Mapping[str, Any]) -> np.ndarray:
        """Return gradients as a vector, (P,); parameters that no gradient moves have zeros."""
        every = {
            name: gradients[name].numpy() if name in gradients else np.zeros(size, np.float32)
            for name, size in self._shapes.items()
        }
        return flatten(every)

    def vector(self) -> np.ndarray:
        """Return the parameters as they are now, (P,)."""
        return flatten({name: value.numpy() for name, value in self._variables.items()})

    def _gradients(self, images: Any, labels: Any) -> Any:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            outputs = self._model.logits(images)
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=outputs)
            )
        return tape.gradient(loss, self._model.trained)

    def _advanced(self, images: Any, labels: Any, rate: Any, prox_mu: Any, l2: Any) -> None:
        for name, gradient in self._gradients(images, labels).items():
            variable = self._variables[name]
            decay = l2 if name.endswith("kernel") else 0.0
            after = (
                variable * (1 - rate * (prox_mu + decay))
                - rate * gradient
                + self._step_offset[name]
            )
            variable.assign(after * self._kept[name] if self._kept else after)
