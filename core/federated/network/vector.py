"""Named parameters as one flat vector and back: algorithms do their arithmetic on vectors."""

import math
from collections.abc import Mapping

import numpy as np

Shapes = Mapping[str, tuple[int, ...]]


def flatten(parameters: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return all parameters in their order as one vector."""
    return np.concatenate([np.ravel(value) for value in parameters.values()])


def unflatten(vector: np.ndarray, shapes: Shapes) -> dict[str, np.ndarray]:
    """Return the named parameters a vector holds, as views of it."""
    parameters, start = {}, 0
    for name, shape in shapes.items():
        end = start + math.prod(shape)
        parameters[name] = vector[start:end].reshape(shape)
        start = end
    return parameters
