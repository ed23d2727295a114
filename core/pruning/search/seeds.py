"""What seeds are called: those that a sweep derives have a place instead of nine digits."""

from collections.abc import Collection
from functools import cache

from core.randomness import derived_seed

NAMED = 200  # repetitions of a sweep


def repetition_seed(seed: int, repetition: int) -> int:
    """Return the seed of a sweep's repetition, counted from 0; the same for all its plans."""
    return derived_seed(seed, "repetition", repetition)


@cache
def _places() -> dict[int, int]:
    """Return seed -> place, from 1, of the sweeps with the seed 0, which all pages start."""
    return {repetition_seed(0, repetition): repetition + 1 for repetition in range(NAMED)}


def seed_name(seed: int) -> str:
    """Return what the seed of one network is called: seed 7, seed 2 of its sweep."""
    return f"seed {seed_place(seed)}"


def seed_place(seed: int) -> str:
    """Return the seed of one network below a head "Seed": 7, or 2 of its sweep."""
    place = _places().get(seed)
    return str(seed) if place is None else f"{place} of its sweep"


def seed_names(seeds: Collection[int]) -> dict[int, str]:
    """Return seed -> what it is called beside the others: seed 1 of 3, if a sweep derived them."""
    places = {seed: _places().get(seed, 0) for seed in seeds}
    if not all(places.values()):
        return {seed: seed_name(seed) for seed in seeds}
    last = max(places.values(), default=0)
    return {seed: f"seed {place} of {last}" for seed, place in places.items()}
