"""Many networks: sweeps, and the competition's search over recipes."""

__all__ = ["competition", "proposals", "seeds", "spec", "sweep"]
