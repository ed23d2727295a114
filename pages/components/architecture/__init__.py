"""A finished network layer by layer: what is left of each, its kernels, its masks."""
