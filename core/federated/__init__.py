"""Federated learning from scratch on NumPy."""

__all__ = [
    "algorithm",
    "algorithms",
    "clients",
    "comparison",
    "demo",
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
