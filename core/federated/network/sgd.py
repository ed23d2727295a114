"""Mini-batch stochastic gradient descent, as a client runs it on its own data."""

import math
from collections.abc import Iterable

import numpy as np

from core.federated.network import mlp
from core.federated.network.mlp import Parameters


def steps_of(samples: int, batch_size: int, epochs: int) -> int:
    """Return the number of steps in `epochs` passes; batch_size 0 means one full batch a pass."""
    return epochs * (math.ceil(samples / batch_size) if batch_size else 1)


def batches(
    samples: int, batch_size: int, steps: int, rng: np.random.Generator
) -> Iterable[np.ndarray]:
    """Yield the sample indices of `steps` batches: shuffled passes, each sample once a pass.

    The last batch of a pass is smaller where batch_size does not divide the samples.
    batch_size 0 yields all samples, in order, every time.
    """
    if batch_size == 0:
        yield from [np.arange(samples)] * steps
        return
    while steps > 0:
        order = rng.permutation(samples)
        for start in range(0, samples, batch_size)[:steps]:
            yield order[start : start + batch_size]
        steps -= math.ceil(samples / batch_size)


def sgd_step(parameters: Parameters, gradient: Parameters, learning_rate: float) -> Parameters:
    """Return w - learning_rate * gradient."""
    return {name: value - learning_rate * gradient[name] for name, value in parameters.items()}


def local_sgd(
    parameters: Parameters,
    inputs: np.ndarray,
    labels: np.ndarray,
    *,
    learning_rate: float,
    index_batches: Iterable[np.ndarray],
    l2: float = 0.0,
) -> Parameters:
    """Return the parameters after one SGD step on each batch."""
    for rows in index_batches:
        gradient = mlp.gradient(parameters, inputs[rows], labels[rows], l2)
        parameters = sgd_step(parameters, gradient, learning_rate)
    return parameters
