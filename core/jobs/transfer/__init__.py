"""Runs in and out: zips, TensorBoard, MLflow."""

__all__ = ["bundle", "bundle_import", "exports"]
