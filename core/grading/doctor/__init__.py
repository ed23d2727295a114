"""What is wrong with a hand-in, how that is known, and what to do about it."""

__all__ = ["case", "examine", "unexplained"]
