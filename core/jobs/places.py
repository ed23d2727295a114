"""Where runners can work, and what is free there."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.jobs.demands import DEMANDS, Demand, lane_demands


@dataclass(frozen=True)
class Place:
    """A Dask worker. memory_bytes 0 means that its memory is not limited."""

    address: str
    cores: int
    memory_bytes: int


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
