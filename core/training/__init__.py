"""Training: recipes, the compiled masked step, the history."""

__all__ = [
    "architecture",
    "batches",
    "export",
    "graph_architecture",
    "graph_export",
    "history",
    "mask_schedule",
    "network_statistics",
    "options",
    "recipe",
    "schedule",
    "spec",
    "statistics",
    "teachers",
    "temporary_batchnorm",
    "train",
]
