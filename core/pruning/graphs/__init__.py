"""Pruning any network: single weights, or units of its groups."""

__all__ = [
    "prune_network",
]
