"""Training that drives scaling factors of channels to zero."""

__all__ = ["gammas", "growing_penalty", "proximal", "scaled_network", "scales"]
