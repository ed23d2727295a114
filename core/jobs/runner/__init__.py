"""The process that works on one job at a time: progress, checkpoints, stop."""

__all__ = ["checkpoint", "context", "mirror", "reporting", "runner", "timed"]
