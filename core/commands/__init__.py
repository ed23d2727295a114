"""The command line's parts; `python -m core` joins them."""

__all__ = [
    "engine",
    "export",
    "federated",
    "grading",
    "listing",
    "networks",
    "output",
    "output_paths",
    "report",
    "serve",
    "session",
    "sweeps",
]
