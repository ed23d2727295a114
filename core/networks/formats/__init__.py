"""Weights files: reading any of them, writing the course's."""

__all__ = ["hdf5_checks", "hdf5_reader", "keras_h5", "onnx_file", "torch_writer", "wrappers"]
