"""Federated learning from scratch on NumPy."""
