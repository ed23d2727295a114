"""Training that drives scaling factors of channels to zero."""

__all__ = ["proximal", "scaled_network", "scales"]
