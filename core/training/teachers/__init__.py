"""Dense networks that others learn from: whom to ask, and what they answered."""

__all__ = ["teacher"]
