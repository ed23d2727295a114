"""The store of jobs, the only truth: rows, queries, claims and fenced writes."""

__all__ = ["annotation", "database", "dispatch", "job", "lease", "live_metrics", "spec", "store"]
