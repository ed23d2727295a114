"""Weights files: reading any of them, writing the course's."""

__all__ = ["keras_h5", "torch_writer"]
