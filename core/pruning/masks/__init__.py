"""Which weights are kept, and which units die with those that are not."""

__all__ = ["connected", "dead_units", "dense_unit_pruning", "gradient_regrowth", "mask"]
