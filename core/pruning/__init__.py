"""Pruning from scratch: what to remove, how much where, and when."""

__all__ = [
    "controls",
    "graphs",
    "method",
    "methods",
    "one_shot",
    "outcome",
    "paper_recipe",
    "plan",
    "preview",
    "prune",
    "search",
    "soup",
    "sparse_training",
    "spec",
    "stored_plan",
]
