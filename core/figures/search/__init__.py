"""A search as figures: which settings mattered, and every try across all settings."""

__all__ = ["importance", "parallel"]
