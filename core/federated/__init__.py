"""Federated learning from scratch on NumPy."""

__all__ = [
    "algorithm",
    "algorithms",
    "clients",
    "comparison",
    "federate",
    "history",
    "presets",
    "results",
    "sampling",
    "self_check",
    "simulation",
    "spec",
    "trainers",
]
