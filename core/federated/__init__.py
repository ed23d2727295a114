"""Federated learning from scratch on NumPy."""

__all__ = [
    "algorithm",
    "algorithms",
    "clients",
    "comparison",
    "federate",
    "history",
    "presets",
    "run_settings",
    "sampling",
    "self_check",
    "simulation",
    "trainers",
]
