"""Unit groups: which channels of a network can only go together, and what follows from it."""

__all__ = [
    "choice",
    "compaction",
    "dead_units",
    "description",
    "unit_groups",
]
