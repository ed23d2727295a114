"""Pruning from scratch: what to remove, how much where, and when."""
