"""How much is removed in which layer."""

__all__ = ["alignment", "channels", "scores"]
