"""A cache of arrays that are expensive to compute, keyed by everything they depend on."""

from collections import OrderedDict

import numpy as np

from core.digests import digest_of


class ArrayCache:
    """A least-recently-used cache of arrays, limited by their total size."""

    def __init__(self, largest_bytes: int) -> None:
        self._largest_bytes = largest_bytes
        self._bytes = 0
        self._answers: OrderedDict[str, np.ndarray] = OrderedDict()

    def get(self, key: str) -> np.ndarray | None:
        """Return the answer, or None if it is not cached."""
        if key in self._answers:
            self._answers.move_to_end(key)
        return self._answers.get(key)

    def put(self, key: str, answer: np.ndarray) -> None:
        """Keep one more answer; a new answer to the same question replaces the old one."""
        if key in self._answers:
            self._bytes -= self._answers.pop(key).nbytes
        self._answers[key] = answer
        self._bytes += answer.nbytes
        while self._bytes > self._largest_bytes:
            self._bytes -= self._answers.popitem(last=False)[1].nbytes


def key_of(*contents: str | np.ndarray) -> str:
    """Return a key that only the same contents in the same order have."""
    ends = [f"text{len(part)}" if isinstance(part, str) else "" for part in contents]
    return digest_of(*(part for pair in zip(ends, contents, strict=True) for part in pair))
