"""What a cut does before any retraining: the explorer and the sensitivity of layers."""

__all__ = ["explorer", "first_cuts", "sensitivity", "spec"]
