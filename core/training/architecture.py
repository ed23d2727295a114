"""How plain weights become a network that trains, and come back as plain weights.

Most training needs PLAIN. Methods that train something more (scaling factors, batch normalisation)
bring their own Architecture and fold it away in `export`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.networks.network import LAYERS, NetworkShape, Weights, build
from core.networks.precision import convolution_policy
from core.training.recipe import Recipe

Values = Mapping[str, np.ndarray]
Hook = Callable[[Mapping[str, Any], Mapping[str, Any], Any], None]


@dataclass(frozen=True)
class Architecture:
    """What `train` builds, starts from and returns.

    build: makes the Keras model of the network that `train` is told; its output must be logits.
    Variables are called "layer/variable".
    load: plain weights -> values of (some of) the model's variables to start from.
    export: values of all the model's variables -> plain weights, the same network at inference.
    own_update: variables the optimiser leaves alone; after_step updates them.
    after_step: called inside the compiled step, after the optimiser and before the mask, with
    name -> tf.Variable (all), name -> gradient (trainable) and the learning rate. State of
    its own belongs in non-trainable weights of the model, so that checkpoints have it.
    settles: whether an epoch's values get normalization's statistics of its last weights before
    they are validated and kept, instead of the moving ones that training leaves.
    """

    build: Callable[[Any, Recipe], Any]
    load: Callable[[Weights], dict[str, np.ndarray]]
    export: Callable[[Values], Weights]
    own_update: tuple[str, ...] = ()
    after_step: Hook | None = None
    settles: bool = False


def _build_plain(shape: NetworkShape, recipe: Recipe) -> Any:
    policy = convolution_policy(recipe.precision)
    return build(shape, recipe.dropout, recipe.l2, logits=True, policy=policy)


def plain_values(values: Values) -> Weights:
    """Return the twelve kernels and biases among a model's variables, in order."""
    names = [f"{layer}/{part}" for layer in LAYERS for part in ("kernel", "bias")]
    return {name: np.asarray(values[name], np.float32) for name in names}


PLAIN = Architecture(build=_build_plain, load=dict, export=plain_values)
