"""Many networks: sweeps, and the competition's search over recipes."""

__all__ = ["competition", "proposals", "spec", "sweep"]
