"""Weights files of many people against one set of images: scores and a ranking."""

__all__ = [
    "autograder",
    "doctor",
    "grade",
    "gradescope",
    "kept_uploads",
    "leaderboard",
    "people",
    "spec",
    "submissions",
]
