"""Job kind to function: where jobs and science meet."""

__all__ = ["table", "winner"]
