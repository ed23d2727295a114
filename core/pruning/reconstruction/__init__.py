"""Fitting what is left to what the dense network computed, without training."""

__all__ = ["lasso", "least_squares", "plan_step", "refit", "stepwise"]
