"""The process that works on one job at a time: progress, checkpoints, stop."""

__all__ = ["checkpoint", "context", "elapsed_time", "remote_files", "reporting", "runner"]
