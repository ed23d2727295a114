"""One SGD step of many clients at once, in buffers that are made once.

What makes it fast, each measured: layers stored with the longer side last; the bias as one more
input row, fed by a constant 1; -learning_rate / batch folded into the softmax's division, so that a
product is the parameters' change itself; comparisons with an array of zeros, which NumPy
vectorises where a scalar is not; updates in blocks of rows that fit the cache.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from core.federated.trainers.step_schedule import Row, Schedule
from core.federated.trainers.trainer import Work

# Rows whose weights are updated together: about what the second-level cache holds.
BLOCK_ROWS = 10
Buffers = list[np.ndarray]


class BatchedLayer:
    """The kernels of one layer for all rows, the bias as last input row; (rows, long side last)."""

    def __init__(self, rows: int, fan_in: int, fan_out: int, dtype: type) -> None:
        self.turned = fan_out < fan_in
        self.size = (fan_in + 1) * fan_out
        sides = (fan_out, fan_in + 1) if self.turned else (fan_in + 1, fan_out)
        self.stored: np.ndarray = np.empty((rows, *sides), dtype)
        self.change: np.ndarray = np.empty((min(rows, BLOCK_ROWS), *sides), dtype)
        self.shrink: np.ndarray | None = None
        self.step_offset: np.ndarray | None = None

    def kernels(self, rows: slice) -> np.ndarray:
        """Return (rows, fan_in + 1, fan_out), a view."""
        return self._natural(self.stored[rows])

    def load(self, rows: np.ndarray, vector: np.ndarray) -> None:
        """Set the kernels of some rows from this layer's part of one parameter vector, (size,)."""
        natural = vector.reshape(self._natural(self.stored).shape[1:])
        turned = natural.T if self.turned else natural
        self.stored[rows] = np.ascontiguousarray(turned, self.stored.dtype)

    def save(self, vectors: np.ndarray) -> None:
        """Write the first rows' kernels to this layer's part of parameter vectors, (n, size)."""
        own = self._natural(self.stored[: len(vectors)])
        vectors.reshape(own.shape)[...] = own

    def regularise(self, shrink: np.ndarray | None, offset: np.ndarray | None) -> None:
        """Set what every step does besides: w <- shrink w + offset, both (rows, size)."""
        self.shrink, self.step_offset = (
            None if part is None else self._like_stored(part) for part in (shrink, offset)
        )

    def update(self, fed: np.ndarray, sent: np.ndarray) -> None:
        """Add fed^T sent to the kernels. fed: (rows, batch, fan_in + 1); sent: (…, fan_out)."""
        left, right = (sent, fed) if self.turned else (fed, sent)
        columns, active = left.transpose(0, 2, 1), len(fed)
        for low in range(0, active, BLOCK_ROWS):
            rows = slice(low, min(low + BLOCK_ROWS, active))
            block, change = self.stored[rows], self.change[: rows.stop - low]
            np.matmul(columns[rows], right[rows], out=change)
            if self.shrink is not None:
                block *= self.shrink[rows]
            if self.step_offset is not None:
                block += self.step_offset[rows]
            block += change

    def _natural(self, stored: np.ndarray) -> np.ndarray:
        return stored.transpose(0, 2, 1) if self.turned else stored

    def _like_stored(self, vectors: np.ndarray) -> np.ndarray:
        shape = self._natural(self.stored).shape
        return np.ascontiguousarray(self._natural(vectors.reshape(shape)))


class BatchedStep:
    """The parameters of a chunk of rows, and one SGD step for those still at work."""

    def __init__(self, sizes: tuple[int, ...], rows: int, batch_size: int, dtype: type) -> None:
        """sizes: inputs, hidden widths..., classes. rows: the largest chunk."""
        self._sizes, self._dtype = sizes, dtype
        self._layers = [BatchedLayer(rows, *sides, dtype) for sides in pairwise(sizes)]
        # Every hidden activation carries a last column of ones, which feeds the next bias row;
        # ReLU keeps it 1, and what passes back through it is never read.
        hidden = [(rows, batch_size, width + 1) for width in sizes[1:-1]]
        self._hidden: Buffers = [np.ones(shape, dtype) for shape in hidden]
        self._passed_back: Buffers = [np.empty(shape, dtype) for shape in hidden]
        self._open: Buffers = [np.empty(shape, bool) for shape in hidden]
        self._zeros: Buffers = [np.zeros(shape, dtype) for shape in hidden]
        self._signal: np.ndarray = np.empty((rows, batch_size, sizes[-1]), dtype)
        self._per_sample: np.ndarray = np.empty((rows, batch_size, 1), dtype)
        self._by_class: np.ndarray = np.empty((sizes[-1], rows * batch_size), dtype)
        self._ones: np.ndarray = np.ones((sizes[-1], 1), dtype)
        self._rows, self._size = rows, sum(layer.size for layer in self._layers)

    def start(self, chunk: Sequence[Row], works: Sequence[Work]) -> None:
        """Set every row to its start, and prepare proximal terms, corrections and L2."""
        some = [works[row.work] for row in chunk]
        shrink, offset = self._shrink(chunk, some), self._step_offset(chunk, some)
        owners = np.array([row.work for row in chunk])
        for layer, part in zip(self._layers, self._parts(), strict=True):
            for number in dict.fromkeys(owners.tolist()):
                layer.load(np.flatnonzero(owners == number), works[number].start[part])
            layer.regularise(
                None if shrink is None else shrink[:, part],
                None if offset is None else offset[:, part],
            )

    def vectors(self, rows: int) -> np.ndarray:
        """Return the parameters of the first rows as they are now, (rows, P)."""
        vectors: np.ndarray = np.empty((rows, self._size), self._dtype)
        for layer, part in zip(self._layers, self._parts(), strict=True):
            layer.save(vectors[:, part])
        return vectors

    def run(
        self, schedule: Schedule, steps: range, inputs: np.ndarray, targets: np.ndarray
    ) -> None:
        """Take the given steps.

        inputs: (batches, batch_size, features + 1) of these steps, in order. targets: the labels'
        one-hot rows times the schedule's scales.
        """
        first = schedule.starts[steps.start]
        for step in steps:
            low, high = schedule.starts[step], schedule.starts[step + 1]
            here = slice(low - first, high - first)
            self._step(inputs[here], targets[here], schedule.scales[low:high])

    def _step(self, inputs: np.ndarray, targets: np.ndarray, scales: np.ndarray) -> None:
        rows = slice(0, len(inputs))
        activations = [inputs]
        for layer, hidden, zeros in zip(self._layers, self._hidden, self._zeros, strict=False):
            outputs = hidden[rows]
            np.matmul(activations[-1], layer.kernels(rows), out=outputs[:, :, :-1])
            np.maximum(outputs, zeros[rows], out=outputs)
            activations.append(outputs)
        sent = self._loss_signal(activations[-1], targets, scales)
        for number in range(len(self._layers) - 1, 0, -1):
            passed_back = self._passed_back[number - 1][rows]
            turned = self._layers[number].kernels(rows).transpose(0, 2, 1)
            np.matmul(sent, turned, out=passed_back)
            is_open = self._open[number - 1][rows]
            np.greater(activations[number], self._zeros[number - 1][rows], out=is_open)
            passed_back *= is_open
            self._layers[number].update(activations[number], sent)
            sent = passed_back[:, :, :-1]
        self._layers[0].update(inputs, sent)

    def _loss_signal(self, fed: np.ndarray, targets: np.ndarray, scales: np.ndarray) -> np.ndarray:
        """Return scale (softmax - one_hot): the loss's gradient times -learning_rate / batch."""
        rows = slice(0, len(fed))
        signal, per_sample = self._signal[rows], self._per_sample[rows]
        np.matmul(fed, self._layers[-1].kernels(rows), out=signal)
        # NumPy reduces slowly over so short an axis: the largest is found with the classes first,
        # and the sum is a product with ones.
        flat = signal.reshape(-1, self._sizes[-1])
        by_class = self._by_class[:, : len(flat)]
        np.copyto(by_class, flat.T)
        np.maximum.reduce(by_class, axis=0, out=per_sample.reshape(-1))
        signal -= per_sample
        np.exp(signal, out=signal)
        np.matmul(flat, self._ones, out=per_sample.reshape(-1, 1))
        np.divide(scales[:, :, None], per_sample, out=per_sample)
        signal *= per_sample
        signal -= targets
        return signal

    def _shrink(self, chunk: Sequence[Row], works: Sequence[Work]) -> np.ndarray | None:
        """Return 1 - lr (mu + l2) per row and parameter, l2 not on biases; None if all are 1."""
        rates, l2 = (np.array([getattr(w, n) for w in works]) for n in ("learning_rate", "l2"))
        pairs = zip(chunk, works, strict=True)
        proximal = np.array([work.instruction.mu_of(row.client) for row, work in pairs])
        if not proximal.any() and not l2.any():
            return None
        shrink: np.ndarray = np.ones((self._rows, self._size), self._dtype)
        shrink[: len(works)] -= (rates * proximal)[:, None]
        for part, (fan_in, fan_out) in zip(self._parts(), pairwise(self._sizes), strict=True):
            kernel = slice(part.start, part.start + fan_in * fan_out)
            shrink[: len(works), kernel] -= (rates * l2)[:, None]
        return shrink

    def _step_offset(self, chunk: Sequence[Row], works: Sequence[Work]) -> np.ndarray | None:
        found = [
            work.step_offset(np.array([r.client])) for r, work in zip(chunk, works, strict=True)
        ]
        if all(offset is None for offset in found):
            return None
        offsets: np.ndarray = np.zeros((self._rows, self._size), self._dtype)
        for place, offset in enumerate(found):
            if offset is not None:
                offsets[place] = offset[0]
        return offsets

    def _parts(self) -> list[slice]:
        """Return where every layer's parameters stand in a vector: kernel, then bias."""
        ends = np.cumsum([layer.size for layer in self._layers])
        return [
            slice(int(end) - layer.size, int(end))
            for layer, end in zip(self._layers, ends, strict=True)
        ]
