"""The federated demo: a grid of runs, the paths behind them, and what the page draws of both."""

__all__ = ["answers", "extras", "gif", "grid", "pictures", "presets", "spec"]
