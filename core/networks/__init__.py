"""Networks as plain weights: shapes, who feeds whom, a forward pass, compaction."""

__all__ = [
    "array_cache",
    "compact",
    "formats",
    "forward",
    "network",
    "numpy_forward",
    "precision",
    "prepare",
    "topology",
]
