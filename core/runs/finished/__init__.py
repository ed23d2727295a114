"""Finished runs as pages and reports show them: networks, federated histories, samples."""

__all__ = [
    "contents",
    "dataset_names",
    "histories",
    "network_files",
    "networks",
    "reportable",
    "samples",
]
