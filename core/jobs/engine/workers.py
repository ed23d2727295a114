"""Where runners can work, and what is free there."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

from core.jobs.resources import DEMANDS, ONE_OF_MANY, Demand, lane_demands

MEMORY_SHARE = 0.8  # of the machine; the rest is for the system, the browser and the page server


@dataclass(frozen=True)
class Place:
    """This machine, or a Dask worker. memory_bytes 0 means that its memory is not limited."""

    address: str
    cores: int
    memory_bytes: int


def this_machine(address: str = "") -> Place:
    """Return what runners may take here: every core, and most of the memory."""
    memory = int(psutil.virtual_memory().total * MEMORY_SHARE)
    return Place(address, os.cpu_count() or 1, memory)


def runs_at_once(place: Place) -> int:
    """Return how many runs of a sweep have room in a place, one core each."""
    each = DEMANDS[ONE_OF_MANY]
    return max(1, min(place.cores // each.cores, place.memory_bytes // each.memory_bytes))


@dataclass(frozen=True)
class Occupied:
    """A runner at work in a place."""

    place: str
    demand: str


def free_place(demand: Demand, places: Iterable[Place], occupied: Iterable[Occupied]) -> str | None:
    """Return the address of the emptiest place with room for one more runner, or None.

    An empty place takes any job: a demand larger than the machine must run somewhere.
    """
    rooms = [(_room(place, list(occupied)), place) for place in places]
    fitting = [(room, place) for room, place in rooms if _fits(demand, place, room)]
    if not fitting:
        return None
    return max(fitting, key=lambda pair: (pair[0][0], pair[0][1]))[1].address


def allowed_demands(places: list[Place], occupied: list[Occupied]) -> frozenset[str]:
    """Return the background demands for which some place has room."""
    names = lane_demands("background")
    return frozenset(n for n in names if free_place(DEMANDS[n], places, occupied) is not None)


def _room(place: Place, occupied: list[Occupied]) -> tuple[int, int, bool]:
    here = [DEMANDS[one.demand] for one in occupied if one.place == place.address]
    cores = place.cores - sum(demand.cores for demand in here)
    memory = place.memory_bytes - sum(demand.memory_bytes for demand in here)
    return cores, memory, not here


def _fits(demand: Demand, place: Place, room: tuple[int, int, bool]) -> bool:
    cores, memory, empty = room
    if empty:
        return True
    return cores >= demand.cores and (not place.memory_bytes or memory >= demand.memory_bytes)
