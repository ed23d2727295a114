"""Which settings decided a result: tries, their functional ANOVA, and a check against chance."""

__all__ = ["importances", "tries"]
