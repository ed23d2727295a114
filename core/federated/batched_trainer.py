"""The fast trainer: all clients, and all runs of a comparison, on one leading axis.

A round's clients differ in data, start, learning rate, pull and correction, but not in arithmetic:
`np.matmul` over a leading axis of rows does the step of all of them. What makes it fast:
clients sorted by steps, so that a prefix works and nothing is masked; the bias as one more row of
the kernel, fed by a constant 1; -learning_rate / batch folded into the softmax's division, so that
a product is the parameters' change itself; buffers made once; blocks of rows that fit the cache.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np

from core.federated.algorithm import Updates
from core.federated.clients import Clients
from core.federated.mlp import MLP
from core.federated.plain_trainer import PlainTrainer
from core.federated.schedule import Row, Schedule, schedule_of, sorted_rows
from core.federated.trainer import Evaluation, Tick, Work
from core.federated.vector import Shapes

# Rows trained together: enough to hide Python's share of a step, few enough for memory to be flat.
CHUNK_ROWS = 60
# Rows whose weights and gradients are updated together: about what the second-level cache holds.
BLOCK_ROWS = 10
# Steps gathered at once.
SEGMENT_BATCHES = 2000


class BatchedTrainer:
    """Trains an MLP on all clients at once; equal to PlainTrainer up to rounding."""

    def __init__(self, clients: Clients, network: MLP, dtype: type = np.float32) -> None:
        """dtype: float32 for speed, float64 for identities."""
        self.clients, self.network, self.dtype = clients, network, dtype
        self._plain = PlainTrainer(clients, network, dtype)

    @property
    def shapes(self) -> Shapes:
        """The parameters' names and shapes."""
        return self._plain.shapes

    def initial(self, seed: int) -> np.ndarray:
        """Return Glorot-uniform parameters."""
        return self._plain.initial(seed)

    def train(self, works: Sequence[Work], tick: Tick) -> Iterator[tuple[int, Updates]]:
        """Yield updates chunk by chunk; full batches gain nothing and go to the plain trainer."""
        for batch_size in sorted({work.batch_size for work in works}):
            chosen = [i for i, work in enumerate(works) if work.batch_size == batch_size]
            some = [works[i] for i in chosen]
            trained = (
                self._train_batched(some, tick) if batch_size else self._plain.train(some, tick)
            )
            yield from ((chosen[number], updates) for number, updates in trained)

    def evaluate(self, vector: np.ndarray) -> Evaluation:
        """Return losses and hits on every client's samples."""
        return self._plain.evaluate(vector)

    def gradients(self, vector: np.ndarray, clients: np.ndarray) -> np.ndarray:
        """Return the gradient of every client's mean training loss, (n, P)."""
        return self._plain.gradients(vector, clients)

    @cached_property
    def _inputs(self) -> np.ndarray:
        """The training inputs with a last column of ones, which feeds the bias row."""
        train = self.clients.train
        inputs: np.ndarray = np.ones((len(train), self.clients.features + 1), self.dtype)
        inputs[:, :-1] = train.inputs.reshape(len(train), -1)
        return inputs

    def _train_batched(self, works: Sequence[Work], tick: Tick) -> Iterator[tuple[int, Updates]]:
        rows = sorted_rows(works)
        for first in range(0, len(rows), CHUNK_ROWS):
            chunk = rows[first : first + CHUNK_ROWS]
            deltas = self._train_chunk(chunk, works, tick)
            yield from self._sent(chunk, works, deltas)

    def _sent(
        self, chunk: Sequence[Row], works: Sequence[Work], deltas: np.ndarray
    ) -> Iterator[tuple[int, Updates]]:
        for number in sorted({row.work for row in chunk}):
            mine = [i for i, row in enumerate(chunk) if row.work == number]
            places = np.array([chunk[i].place for i in mine])
            work, own = works[number], deltas[mine]
            wanted = work.instruction.gradients
            gradients = self.gradients(work.start, work.clients[places]) if wanted else None
            yield number, work.updates(places, own, gradients)

    def _train_chunk(self, chunk: Sequence[Row], works: Sequence[Work], tick: Tick) -> np.ndarray:
        schedule = schedule_of(chunk, works, self.clients.train, self.dtype)
        starts: np.ndarray = np.stack([works[row.work].start for row in chunk]).astype(self.dtype)
        step = _Step(self.network.sizes, starts, schedule.samples.shape[1])
        step.regularise(chunk, works)
        labels = self.clients.train.labels
        for steps in _segments(schedule):
            tick()
            low, high = schedule.starts[steps.start], schedule.starts[steps.stop]
            places = schedule.samples[low:high]
            inputs = np.take(self._inputs, places, axis=0)
            step.run(schedule, steps, inputs, labels[places])
        deltas: np.ndarray = step.weights - starts
        return deltas


def _segments(schedule: Schedule) -> Iterator[range]:
    """Yield ranges of steps whose inputs are gathered together."""
    first, steps = 0, len(schedule.active)
    while first < steps:
        reach = schedule.starts[first] + SEGMENT_BATCHES
        last = max(first + 1, int(np.searchsorted(schedule.starts, reach, side="right")) - 1)
        yield range(first, min(last, steps))
        first = min(last, steps)


class _Step:
    """The buffers of a chunk and one SGD step over the rows still at work."""

    def __init__(self, sizes: tuple[int, ...], starts: np.ndarray, batch_size: int) -> None:
        rows, self.sizes, self.weights = len(starts), sizes, starts.copy()
        self.layers = _layer_views(self.weights, sizes)
        kind = starts.dtype
        # Every hidden activation carries a last column of ones for the next layer's bias row.
        self.hidden = [np.ones((rows, batch_size, width + 1), kind) for width in sizes[1:-1]]
        self.passed_back = [np.empty((rows, batch_size, width), kind) for width in sizes[1:-1]]
        self.open = [np.empty((rows, batch_size, width), bool) for width in sizes[1:-1]]
        self.logits = np.empty((rows, batch_size, sizes[-1]), kind)
        self.per_sample = np.empty((rows, batch_size, 1), kind)
        block = min(BLOCK_ROWS, rows)
        self.changes = [np.empty((block, *layer.shape[1:]), kind) for layer in self.layers]
        self.first_logit = np.arange(rows * batch_size) * sizes[-1]
        self.shrink: list[np.ndarray] = []
        self.push: list[np.ndarray] = []

    def regularise(self, chunk: Sequence[Row], works: Sequence[Work]) -> None:
        """Prepare what pull, correction and L2 do at every step: w <- shrink w + push + change."""
        some = [works[row.work] for row in chunk]
        pulls = np.array([work.instruction.pull for work in some])
        l2 = np.array([work.l2 for work in some])
        rates = np.array([work.learning_rate for work in some])
        if pulls.any() or l2.any():
            kind = self.weights.dtype
            for layer in self.layers:
                shrink = np.repeat((1 - rates * pulls)[:, None], layer.shape[1], axis=1)
                shrink[:, :-1] -= (rates * l2)[:, None]
                self.shrink.append(shrink[:, :, None].astype(kind))
        pushes = [work.push(np.array([row.client])) for row, work in zip(chunk, some, strict=True)]
        if any(push is not None for push in pushes):
            zero = np.zeros((1, self.weights.shape[1]), self.weights.dtype)
            pushed = np.concatenate([zero if push is None else push for push in pushes])
            self.push = _layer_views(pushed, self.sizes)

    def run(self, schedule: Schedule, steps: range, inputs: np.ndarray, labels: np.ndarray) -> None:
        """Take the given steps. inputs: (batches, batch_size, d + 1) of these steps, in order."""
        offset = schedule.starts[steps.start]
        for step in steps:
            low, high = schedule.starts[step], schedule.starts[step + 1]
            self._step(
                inputs[low - offset : high - offset],
                labels[low - offset : high - offset],
                schedule.scales[low:high],
            )

    def _step(self, inputs: np.ndarray, labels: np.ndarray, scales: np.ndarray) -> None:
        active = len(inputs)
        activations = [inputs, *(hidden[:active] for hidden in self.hidden)]
        for layer, fed, hidden in zip(self.layers, activations, activations[1:], strict=False):
            outputs = hidden[:, :, :-1]
            np.matmul(fed, layer[:active], out=outputs)
            np.maximum(outputs, 0, out=outputs)
        signal = self._loss_signal(activations[-1], labels, scales)
        for number in range(len(self.layers) - 1, -1, -1):
            fed, layer, sent = activations[number], self.layers[number][:active], signal
            if number:
                signal = self.passed_back[number - 1][:active]
                np.matmul(sent, layer[:, :-1].transpose(0, 2, 1), out=signal)
                is_open = self.open[number - 1][:active]
                np.greater(fed[:, :, :-1], 0, out=is_open)
                signal *= is_open
            self._update(number, fed, sent)

    def _loss_signal(self, fed: np.ndarray, labels: np.ndarray, scales: np.ndarray) -> np.ndarray:
        """Return scale (softmax - one_hot): the loss's gradient times -learning_rate / batch."""
        active = len(fed)
        signal, per_sample = self.logits[:active], self.per_sample[:active]
        np.matmul(fed, self.layers[-1][:active], out=signal)
        np.maximum.reduce(signal, axis=2, keepdims=True, out=per_sample)
        signal -= per_sample
        np.exp(signal, out=signal)
        np.add.reduce(signal, axis=2, keepdims=True, out=per_sample)
        np.divide(scales[:, :, None], per_sample, out=per_sample)
        signal *= per_sample
        signal.reshape(-1)[labels.ravel() + self.first_logit[: labels.size]] -= scales.ravel()
        return signal

    def _update(self, number: int, fed: np.ndarray, sent: np.ndarray) -> None:
        layer, active = self.layers[number], len(fed)
        columns = fed.transpose(0, 2, 1)
        for low in range(0, active, BLOCK_ROWS):
            rows = slice(low, min(low + BLOCK_ROWS, active))
            block, change = layer[rows], self.changes[number][: rows.stop - low]
            np.matmul(columns[rows], sent[rows], out=change)
            if self.shrink:
                block *= self.shrink[number][rows]
            if self.push:
                block += self.push[number][rows]
            block += change


def _layer_views(flat: np.ndarray, sizes: tuple[int, ...]) -> list[np.ndarray]:
    """Return every layer as (rows, d_in + 1, d_out), the bias its last row, views of (rows, P)."""
    views, start = [], 0
    for fan_in, fan_out in pairwise(sizes):
        end = start + (fan_in + 1) * fan_out
        views.append(flat[:, start:end].reshape(len(flat), fan_in + 1, fan_out))
        start = end
    return views
