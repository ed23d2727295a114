"""The reference network, its topology and its weight files."""
