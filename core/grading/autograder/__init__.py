"""A grader for Gradescope's container: NumPy and h5py, this package's own modules, the images."""

__all__ = ["bundle"]
