"""Whole networks in Keras's files: read without Keras, written with it."""

__all__ = [
    "architecture",
    "handed_in",
    "reader",
    "writer",
]
