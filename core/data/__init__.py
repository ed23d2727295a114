"""Data sets: reading, checking, dividing, storing."""

__all__ = [
    "builtin_datasets",
    "checks",
    "course_format",
    "dataset",
    "images",
    "partition",
    "split",
    "store",
    "synthetic",
    "uploads",
]
