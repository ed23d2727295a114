"""The engine: one detached process a workspace that starts a runner for each job."""

__all__ = ["control", "watch", "workers"]
