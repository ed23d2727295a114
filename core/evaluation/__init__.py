"""Measuring networks: accuracy, behaviour, cost, score, points and frontiers."""

__all__ = [
    "accuracy",
    "axes",
    "behaviour",
    "comparable",
    "cost",
    "differences",
    "frontier",
    "latency",
    "lineage",
    "paired",
    "point",
    "results",
    "score",
]
