"""The fast trainer: all clients, and all runs of a comparison, on one leading axis.

A round's clients differ in data, start, learning rate, proximal term and correction, but not in
arithmetic, so `np.matmul` over a leading axis of rows takes the step of all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol

import numpy as np

from core.federated.algorithm import Updates
from core.federated.clients import Clients
from core.federated.network.mlp import MLP
from core.federated.network.vector import Shapes
from core.federated.trainers.buffers import BufferPool, ChunkBuffers
from core.federated.trainers.plain import PlainTrainer
from core.federated.trainers.scoring import Scorer
from core.federated.trainers.step_schedule import Row, Schedule, schedule_of, sorted_rows
from core.federated.trainers.trainer import POOLED, Evaluation, Tick, Work

# Rows trained together: enough to hide Python's share of a step, few enough for memory to be flat.
CHUNK_ROWS = 60
# Batches whose samples are gathered at once.
SEGMENT_BATCHES = 400
# Batches up to this size are as large as asked for; of a larger one, what no client fills is left
# out: a batch of 100,000 for clients of 500 samples would be padding, and gigabytes of it.
FULL_SIZED = 1024


class Watcher(Protocol):
    """Looks at models on their way: the paths that the FedAvg demo draws."""

    def stops(self, steps: int) -> Sequence[int]:
        """Return the steps, in ascending order, after which a chunk of so many is looked at."""
        ...

    def see(self, places: np.ndarray, vectors: np.ndarray) -> None:
        """Look at models, (rows, P), of clients at these places of their works, (rows,).

        Whoever has taken all its steps stands where it ended.
        """
        ...


class BatchedTrainer:
    """Trains an MLP on all clients at once; equal to PlainTrainer up to rounding."""

    def __init__(
        self,
        clients: Clients,
        network: MLP,
        dtype: type = np.float32,
        watcher: Watcher | None = None,
    ) -> None:
        """dtype: float32 for speed, float64 for identities."""
        self.clients, self.network, self.dtype, self._watcher = clients, network, dtype, watcher
        self._plain = PlainTrainer(clients, network, dtype)
        self._buffers = BufferPool()

    @property
    def shapes(self) -> Shapes:
        """The parameters' names and shapes."""
        return self._plain.shapes

    def initial(self, seed: int) -> np.ndarray:
        """Return Glorot-uniform parameters."""
        return self._plain.initial(seed)

    def train(self, works: Sequence[Work], tick: Tick) -> Iterator[tuple[int, Updates]]:
        """Yield updates chunk by chunk; full batches gain nothing and go to the plain trainer."""
        works = [self._without_padding(work) for work in works]
        for batch_size in sorted({work.batch_size for work in works}):
            numbers = [i for i, work in enumerate(works) if work.batch_size == batch_size]
            some = [works[i] for i in numbers]
            train = self._train_batched if batch_size else self._plain.train
            yield from ((numbers[place], updates) for place, updates in train(some, tick))

    def _without_padding(self, work: Work) -> Work:
        """Return the work with batches that some client can fill."""
        sizes = self.clients.train.sizes
        pooled = work.clients[0] == POOLED
        largest = int(sizes.sum() if pooled else sizes[work.clients].max())
        return replace(work, batch_size=min(work.batch_size, max(largest, FULL_SIZED)))

    def evaluate(self, vector: np.ndarray) -> Evaluation:
        """Return losses and hits on every client's samples."""
        # A scorer per call: its buffers must not be shared by threads.
        scorer = Scorer(self.network.sizes, self.dtype)
        train, validation = self.clients.train, self.clients.validation
        scores = scorer.score(vector, self._inputs, train.labels)
        others = scorer.score(vector, self._validation_inputs, validation.labels)
        return Evaluation(
            *(train.sums(values) for values in scores),
            *(validation.sums(values) for values in others),
        )

    def gradients(self, vector: np.ndarray, clients: np.ndarray) -> np.ndarray:
        """Return the gradient of every client's mean training loss, (n, P)."""
        return self._plain.gradients(vector, clients)

    def _train_batched(self, works: Sequence[Work], tick: Tick) -> Iterator[tuple[int, Updates]]:
        rows = sorted_rows(works)
        largest, batch_size = min(CHUNK_ROWS, len(rows)), works[0].batch_size
        with self._buffers.lend(self.network.sizes, largest, batch_size, self.dtype) as buffers:
            for first in range(0, len(rows), CHUNK_ROWS):
                chunk = rows[first : first + CHUNK_ROWS]
                buffers.step.start(chunk, works)
                self._train_chunk(buffers, chunk, works, tick)
                yield from self._sent(chunk, works, buffers.step.vectors(len(chunk)))

    def _train_chunk(
        self, buffers: ChunkBuffers, chunk: Sequence[Row], works: Sequence[Work], tick: Tick
    ) -> None:
        schedule = schedule_of(chunk, works, self.clients.train, self.dtype)
        watcher = self._watcher
        stops = [] if watcher is None else watcher.stops(len(schedule.active))
        segments = list(_segments(schedule, stops))
        longest = max(_length(_batches(schedule, steps)) for steps in segments)
        inputs, targets = buffers.room(longest)
        for steps in segments:
            tick()
            batches = _batches(schedule, steps)
            samples, count = schedule.samples[batches], _length(batches)
            # clip, the places being valid anyway, spares a copy of the result.
            np.take(self._inputs, samples, axis=0, out=inputs[:count], mode="clip")
            np.take(self._one_hot, samples, axis=0, out=targets[:count], mode="clip")
            targets[:count] *= schedule.scales[batches][:, :, None]
            buffers.step.run(schedule, steps, inputs, targets)
            if watcher is not None and steps.stop in stops:
                places = np.array([row.place for row in chunk])
                watcher.see(places, buffers.step.vectors(len(chunk)))

    def _sent(
        self, chunk: Sequence[Row], works: Sequence[Work], vectors: np.ndarray
    ) -> Iterator[tuple[int, Updates]]:
        """Yield what the clients of each work send."""
        owners = np.array([row.work for row in chunk])
        places = np.array([row.place for row in chunk])
        for number in sorted(set(owners.tolist())):
            work = works[number]
            mine = owners == number if len(works) > 1 else slice(None)
            deltas = vectors[mine]
            deltas -= work.start
            gradients = None
            if work.instruction.gradients:
                found = self.gradients(work.start, work.clients[places[mine]])
                gradients = work.decayed(found, self.shapes)
            yield number, work.updates(places[mine], deltas, gradients)

    @cached_property
    def _inputs(self) -> np.ndarray:
        """The training inputs with a last column of ones, which feeds the bias row."""
        return _with_ones(self.clients.train.inputs, self.dtype)

    @cached_property
    def _validation_inputs(self) -> np.ndarray:
        return _with_ones(self.clients.validation.inputs, self.dtype)

    @cached_property
    def _one_hot(self) -> np.ndarray:
        one_hot: np.ndarray = np.eye(self.network.sizes[-1], dtype=self.dtype)
        labelled: np.ndarray = one_hot[self.clients.train.labels]
        return labelled


def _batches(schedule: Schedule, steps: range) -> slice:
    return slice(int(schedule.starts[steps.start]), int(schedule.starts[steps.stop]))


def _with_ones(inputs: np.ndarray, dtype: type) -> np.ndarray:
    """Return inputs as rows with a last column of ones, (n, features + 1)."""
    rows = inputs.reshape(len(inputs), -1)
    with_ones: np.ndarray = np.ones((len(rows), rows.shape[1] + 1), dtype)
    with_ones[:, :-1] = rows
    return with_ones


def _length(batches: slice) -> int:
    return int(batches.stop - batches.start)


def _segments(schedule: Schedule, stops: Sequence[int] = ()) -> Iterator[range]:
    """Yield ranges of steps whose samples are gathered together; none crosses a stop."""
    first, steps = 0, len(schedule.active)
    while first < steps:
        reach = schedule.starts[first] + SEGMENT_BATCHES
        last = int(np.searchsorted(schedule.starts, reach, side="right")) - 1
        next_stop = min((stop for stop in stops if stop > first), default=steps)
        last = min(max(first + 1, last), next_stop)
        yield range(first, last)
        first = last
