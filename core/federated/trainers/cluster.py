"""A round's clients on the workers of a Dask cluster, some clients a task."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.federated.algorithm import Updates
from core.federated.trainers.delegating import DelegatingTrainer
from core.federated.trainers.trainer import Tick, Trainer, Work

if TYPE_CHECKING:
    from distributed import Client

Trained = list[tuple[int, Updates]]


@dataclass(frozen=True)
class _Part:
    number: int
    rows: np.ndarray
    work: Work


class ClusterTrainer(DelegatingTrainer):
    """Lets another trainer work on the cluster; the server's own share stays where it is.

    The clients' data travel to the workers once. Which client sees which batch does not depend on
    the cluster, so a history equals the local one up to the rounding of sums.
    """

    def __init__(self, trainer: Trainer, cluster: "Client", clients_per_task: int = 10) -> None:
        """cluster: a connected dask.distributed client."""
        super().__init__(trainer)
        self._cluster = cluster
        self._clients_per_task = clients_per_task
        self._remote: Any = cluster.scatter(trainer, broadcast=True, hash=False)

    def train(self, works: Sequence[Work], tick: Tick) -> Iterator[tuple[int, Updates]]:
        """Yield updates in a fixed order, whichever task finishes first."""
        parts = list(_parts(works, self._clients_per_task))
        tasks = [
            self._cluster.submit(_train_part, self._remote, part.work, pure=False, retries=2)
            for part in parts
        ]
        for position, part in enumerate(parts):
            tick()
            trained: Trained = tasks[position].result()
            # Letting go of the task frees its result on the worker.
            tasks[position] = None
            yield from ((part.number, updates) for _, updates in trained)


def _parts(works: Sequence[Work], clients_per_task: int) -> Iterator[_Part]:
    """Yield every work in parts of clients with similar numbers of steps, the longest first."""
    for number, work in enumerate(works):
        order = np.argsort(-work.steps, kind="stable")
        for first in range(0, len(order), clients_per_task):
            rows = order[first : first + clients_per_task]
            yield _Part(number, rows, work.part(rows))


def _train_part(trainer: Trainer, work: Work) -> Trained:
    return list(trainer.train([work], _no_tick))


def _no_tick() -> None:
    """Do nothing: the server stops between tasks."""
