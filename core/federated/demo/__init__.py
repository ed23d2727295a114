"""The federated demo: a grid of runs, the paths behind them, and what the page draws of both."""

__all__ = [
    "answers",
    "bundled_paths",
    "extras",
    "gif",
    "grid",
    "pictures",
    "pool",
    "presets",
    "spec",
]
