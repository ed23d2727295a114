"""Pruning any network: single weights, or units of its groups."""

__all__ = [
    "explorer",
    "prune_network",
    "reach",
    "sensitivity",
]
