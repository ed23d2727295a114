"""A network's layers as figures: the drawing, what is left of each, and the kernels of one."""

__all__ = ["drawing", "kernels", "left"]
