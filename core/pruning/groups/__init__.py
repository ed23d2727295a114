"""What methods see of the unit groups of any network."""

__all__ = [
    "context",
    "factors",
    "gammas",
    "readers",
]
