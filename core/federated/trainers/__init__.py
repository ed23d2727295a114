"""Who trains the clients of a round: readable, batched, on a cluster, or a CNN."""

__all__ = ["batched", "cluster", "cnn", "delegating", "plain", "trainer"]
