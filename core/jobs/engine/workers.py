"""The machines that runners work on, and what is free there."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]

from core.graphics_cards import Card, graphics_cards
from core.jobs.resources import ONE_OF_MANY, RESOURCES, Resources, lane_resources

MEMORY_SHARE = 0.8  # of the machine; the rest is for the system, the browser and the page server


@dataclass(frozen=True)
class Worker:
    """This machine, or a Dask worker. memory_bytes 0 means that its memory is not limited.

    cards: those that are given out one by one; a Dask worker's run uses whatever it finds.
    """

    address: str
    cores: int
    memory_bytes: int
    cards: tuple[Card, ...] = ()


def this_machine(address: str = "") -> Worker:
    """Return what runners may take here: every core, and most of the memory."""
    memory = int(psutil.virtual_memory().total * MEMORY_SHARE)
    return Worker(address, os.cpu_count() or 1, memory, graphics_cards())


def runs_at_once(worker: Worker) -> int:
    """Return how many runs of a sweep have room on a worker, one core and one card each."""
    each = RESOURCES[ONE_OF_MANY]
    rooms = [worker.cores // each.cores, worker.memory_bytes // each.memory_bytes]
    return max(1, min(rooms + ([len(worker.cards)] if worker.cards else [])))


@dataclass(frozen=True)
class Occupied:
    """A runner at work on a worker."""

    worker: str
    resources: str


def free_worker(
    needed: Resources, workers: Iterable[Worker], occupied: Iterable[Occupied]
) -> str | None:
    """Return the address of the emptiest worker with room for one more runner, or None.

    An empty worker takes any job: what needs more than any machine has must run somewhere.
    """
    rooms = [(_room(worker, list(occupied)), worker) for worker in workers]
    fitting = [(room, worker) for room, worker in rooms if _fits(needed, worker, room)]
    if not fitting:
        return None
    return max(fitting, key=lambda pair: (pair[0].cores, pair[0].memory))[1].address


def allowed_resources(workers: list[Worker], occupied: list[Occupied]) -> frozenset[str]:
    """Return the names of the background resources that some worker has free."""
    names = lane_resources("background")
    return frozenset(n for n in names if free_worker(RESOURCES[n], workers, occupied) is not None)


class _Room(NamedTuple):
    """What is free on a worker."""

    cores: int
    memory: int
    cards: int
    is_empty: bool


def _room(worker: Worker, occupied: list[Occupied]) -> _Room:
    here = [RESOURCES[one.resources] for one in occupied if one.worker == worker.address]
    cores = worker.cores - sum(each.cores for each in here)
    memory = worker.memory_bytes - sum(each.memory_bytes for each in here)
    cards = len(worker.cards) - sum(each.has_card for each in here)
    return _Room(cores, memory, cards, not here)


def _fits(needed: Resources, worker: Worker, room: _Room) -> bool:
    if room.is_empty:
        return True
    if needed.has_card and worker.cards and not room.cards:
        return False
    has_memory = not worker.memory_bytes or room.memory >= needed.memory_bytes
    return room.cores >= needed.cores and has_memory
