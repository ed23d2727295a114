"""Fresh weights of any network, as Keras initialises them."""

import math
from collections.abc import Mapping

import numpy as np

from core.networks.graph import Network
from core.networks.network import Weights
from core.randomness import generator

ONES = ("gamma", "moving_variance", "variance")


def initial_values(network: Network, seed: int) -> Weights:
    """Return Glorot-uniform kernels, and what Keras begins every other parameter with.

    Source: Glorot & Bengio 2010, Understanding the difficulty of training deep networks.
    """
    return fresh(network, seed, network.parameter_shapes())


def fresh(network: Network, seed: int, shapes: Mapping[str, tuple[int, ...]]) -> Weights:
    """Return fresh values of the parameters that `shapes` names."""
    return {name: _fresh(network, seed, name, shape) for name, shape in shapes.items()}


def _fresh(network: Network, seed: int, name: str, shape: tuple[int, ...]) -> np.ndarray:
    layer, _, part = name.rpartition("/")
    if part.endswith("kernel"):
        return _glorot(shape, generator(seed, "initial", name))
    if part in ONES:
        first = getattr(network.by_name[layer].settings, "init_values", 1.0)  # of LayerScale
        return np.full(shape, first, np.float32)
    return np.zeros(shape, np.float32)


def _glorot(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    field = math.prod(shape[:-2])
    limit = math.sqrt(6 / (field * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape).astype(np.float32)
