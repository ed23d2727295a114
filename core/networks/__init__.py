"""Networks as plain weights: shapes, who feeds whom, a forward pass, compaction."""

__all__ = [
    "applications",
    "array_cache",
    "catalogue",
    "compact",
    "formats",
    "forward",
    "graph",
    "groups",
    "keras_files",
    "keras_model",
    "lookup",
    "network",
    "numpy_forward",
    "precision",
    "prepare",
    "topology",
]
