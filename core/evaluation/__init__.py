"""Measuring networks: accuracy, behaviour, cost, score, points and frontiers."""

__all__ = [
    "accuracy",
    "axes",
    "behaviour",
    "comparable",
    "cost",
    "differences",
    "file_names",
    "forgetting",
    "forgotten",
    "frontier",
    "importance",
    "latency",
    "layer_states",
    "lineage",
    "network_point",
    "paired",
    "point",
    "results",
    "score",
    "strip",
]
