"""The report: one HTML file that answers the assignment from runs."""

__all__ = ["answers", "evidence", "notes", "report"]
