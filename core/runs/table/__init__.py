"""All runs as rows of one table: what each shows, which are found, how they are shown, together."""

__all__ = ["columns", "filter", "index", "row", "selected"]
