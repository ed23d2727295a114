"""Exact identities of federated learning, checked on the spot in float64."""

__all__ = ["identities"]
