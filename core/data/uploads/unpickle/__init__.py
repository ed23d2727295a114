"""Arrays out of pickles, without Python's unpickler: nothing in them can run."""

__all__ = ["descriptions", "machine", "reader"]
