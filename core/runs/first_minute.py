"""The first minute of a newcomer: one small sweep that trains its own network first."""

from typing import Any

from core.pruning.search.sweep import Sweep
from core.settings import to_dict
from core.training.recipe import QUICK

SWEEP = Sweep(("magnitude", "l1_filter"), (0.8, 0.9, 0.95), epochs=1)


def first_minute(data: str) -> dict[str, Any]:
    """Return the settings of the quick sweep on a stored data set: a job of kind "sweep"."""
    return {"data": data, "dense": None, "recipe": to_dict(QUICK), **SWEEP.to_dict()}
