"""The frontier: networks on two axes, with the front, a line for each method and guides."""

__all__ = ["chart", "view"]
