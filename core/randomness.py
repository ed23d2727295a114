"""Named random streams: one integer seed enters, every stream is derived from it by name."""

import hashlib

import numpy as np

Name = str | int | float


def _entropy(seed: int, names: tuple[Name, ...]) -> int:
    text = "\x1f".join([str(int(seed)), *(f"{type(name).__name__}:{name}" for name in names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def generator(seed: int, *names: Name) -> np.random.Generator:
    """Return the stream called `names`, e.g. generator(seed, "client", 7, "round", 3).

    The same seed and names give the same stream, whatever was drawn before or elsewhere,
    so that resuming or reordering work changes nothing.
    """
    return np.random.Generator(np.random.PCG64(_entropy(seed, names)))


def derived_seed(seed: int, *names: Name) -> int:
    """Return a 31-bit seed by name, for libraries that take an integer (Keras, Optuna)."""
    return _entropy(seed, names) & 0x7FFFFFFF
