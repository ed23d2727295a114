"""Pruning from scratch: what to remove, how much where, and when."""

__all__ = ["method", "methods", "outcome", "plan", "preview", "prune", "search", "spec"]
