"""Durable background jobs; knows nothing of pruning or federated learning."""

__all__ = ["engine", "housekeeping", "logs", "resources", "runner", "store", "transfer"]
