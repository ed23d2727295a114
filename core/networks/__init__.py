"""Networks as plain weights: shapes, who feeds whom, a forward pass, compaction."""

__all__ = [
    "array_cache",
    "compact",
    "formats",
    "forward",
    "network",
    "precision",
    "prepare",
    "topology",
]
