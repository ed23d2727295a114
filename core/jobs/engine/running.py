"""The runners an engine has at work: where, for what, and how each of them ends."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.graphics_cards import first_free
from core.jobs.engine import cluster
from core.jobs.engine.workers import Occupied, Worker
from core.jobs.resources import RESOURCES
from core.jobs.store.dispatch import Claim

BEGIN_SECONDS = 120.0
MISSING_SECONDS = 3.0  # a worker may be gone from the list for a moment
HERE = "engine host"

Ending = tuple[str, bool]  # why, and whether the job itself may be the cause


@dataclass
class RunnerHandle:
    """A runner at work: where, for what, and the future of its exit code. card: "" for none."""

    worker: str
    resources: str
    job_id: str
    future: Any
    since: float
    card: str = ""
    missing_since: float | None = None

    def ending(self) -> Ending | None:
        """Return how the runner ended, None while it works."""
        return cluster.ending(self.future)

    def is_stranded(self, workers: Sequence[Worker], began: Callable[[str], bool]) -> bool:
        """Return whether Dask lost the runner without saying so.

        A scheduler not started by us keeps the task of a dead worker, waiting for its return; or
        it took a runner and did nothing with it for minutes. began: whether a job was begun.
        """
        now = time.monotonic()
        if self.worker in (HERE, *(worker.address for worker in workers)):
            self.missing_since = None
        elif self.missing_since is None:
            self.missing_since = now
        if self.missing_since is not None and now - self.missing_since > MISSING_SECONDS:
            return True
        if now - self.since < BEGIN_SECONDS:
            return False
        self.since = now  # look again as much later
        return bool(self.job_id) and not began(self.job_id)


class Running(dict[str, RunnerHandle]):
    """The runners at work: id -> handle."""

    def add(self, runner: str, worker: str, claim: Claim, future: Any, card: str = "") -> None:
        """Note a runner that was sent off."""
        now = time.monotonic()
        self[runner] = RunnerHandle(worker, claim.resources, claim.job_id, future, now, card)

    def free_card(self, resources: str, workers: Sequence[Worker], worker: str) -> str:
        """Return the number of a card for one more runner on a worker, "" for none."""
        if not RESOURCES[resources].has_card:
            return ""
        cards = next((one.cards for one in workers if one.address == worker), ())
        return first_free(cards, (one.card for one in self.values() if one.worker == worker))

    def count_of(self, names: tuple[str, ...]) -> int:
        """Return how many runners are at work that take one of these resources."""
        return sum(handle.resources in names for handle in self.values())

    def occupied(self) -> list[Occupied]:
        """Return the workers that are taken, and for what."""
        return [Occupied(handle.worker, handle.resources) for handle in self.values()]

    def take_distant(self) -> list[str]:
        """Forget the runners that are not on this host and return their ids."""
        distant = [runner for runner, handle in self.items() if handle.worker != HERE]
        for runner in distant:
            del self[runner]
        return distant

    def take_ended(
        self, workers: Sequence[Worker], began: Callable[[str], bool]
    ) -> Iterator[tuple[str, RunnerHandle, Ending]]:
        """Yield every runner that ended or was lost; it is forgotten once the caller is done."""
        for runner, handle in list(self.items()):
            end = handle.ending()
            if end is None and handle.is_stranded(workers, began):
                handle.future.cancel()
                end = "its worker was lost", False
            if end is not None:
                yield runner, handle, end
                del self[runner]
