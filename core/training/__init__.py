"""Training: recipes, the compiled masked step, the history."""

__all__ = [
    "architecture",
    "batches",
    "export",
    "history",
    "recipe",
    "spec",
    "temporary_batchnorm",
    "train",
]
